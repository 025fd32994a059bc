# Adds the objects of the archives MEMBERS (separated by commas) to ARCHIVE.
# `ar x` and `ar q` instead of an MRI script, which cannot hold every path.
string(REPLACE "," ";" MEMBERS "${MEMBERS}")
foreach(member IN LISTS MEMBERS)
  get_filename_component(name "${member}" NAME_WE)
  file(REMOVE_RECURSE "${WORK}/${name}")
  file(MAKE_DIRECTORY "${WORK}/${name}")
  execute_process(COMMAND "${AR}" x "${member}" WORKING_DIRECTORY "${WORK}/${name}"
                  COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB objects "${WORK}/${name}/*.o")
  execute_process(COMMAND "${AR}" q "${ARCHIVE}" ${objects} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND "${RANLIB}" "${ARCHIVE}" COMMAND_ERROR_IS_FATAL ANY)
