# Writes headers of the runtime into a C++ source: -DNETWORK=agon_network.h -DTRAINING=agon.h -DOUT=Texts.cpp
file(READ ${NETWORK} network)
file(READ ${TRAINING} training)
file(WRITE ${OUT} "// Generated from runtime/abi/agon_network.h and runtime/embed/agon.h.
#include \"compiler/export/Texts.h\"

const char *const agon::exports::networkAbiText = R\"agon(${network})agon\";
const char *const agon::exports::trainingText = R\"agon(${training})agon\";
")
