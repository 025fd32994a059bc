// filled in by the rooms
