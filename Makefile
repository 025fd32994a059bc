# The two commands a newcomer needs are `make demo` and `make test`; each does
# all of the set-up. The build itself is CMake's (see CMakePresets.json).

ifdef SAN
BUILD ?= build-san
CONFIGURE = -DAGON_SANITIZE=ON
endif
BUILD ?= build
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
NINJA = cmake --build $(BUILD) -j $(JOBS)

.PHONY: all setup build demo test test-long fuzz bench reference clean help

all: build

help:
	@echo "make demo       install what is missing, build, train examples/ring.agon, draw its samples"
	@echo "make test       install what is missing, build, run every test"
	@echo "make test SAN=1 every test with AddressSanitizer and UBSan, in build-san/"
	@echo "make test-long  the slow tests too: examples trained to their published figures, networks against PyTorch"
	@echo "make fuzz       fuzzers of all that reads files and programs, FUZZ_SECONDS=60 each, in $(BUILD)-fuzz/"
	@echo "make bench      training iterations against PyTorch and JAX, installing them (an hour; BENCH=--quick: minutes)"
	@echo "make reference  the reference of operations and passes, from their .td files"
	@echo "make build      build agonc, agon-opt and the runtime into $(BUILD)/"

setup:
	@sh scripts/setup.sh

$(BUILD)/build.ninja: | setup
	@echo "configuring into $(BUILD)/"
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release $(CONFIGURE) > $(BUILD)-configure.log 2>&1 \
	  || { cat $(BUILD)-configure.log; exit 1; }
	@mv $(BUILD)-configure.log $(BUILD)/configure.log

build: setup $(BUILD)/build.ninja
	@echo "building (a first build takes some minutes)"
	@$(NINJA) --target agonc agon-opt agonrt

demo: build
	@sh scripts/demo.sh $(BUILD)

test: setup $(BUILD)/build.ninja
	@echo "building (a first build takes some minutes)"
	@$(NINJA)
	@python3 test/run.py $(BUILD)

test-long: setup $(BUILD)/build.ninja
	@$(NINJA)
	@sh scripts/python.sh $(BUILD)/python
	@python3 test/run.py $(BUILD) --long

fuzz: setup
	@cmake -S . -B $(BUILD)-fuzz -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang-22 \
	  -DCMAKE_CXX_COMPILER=clang++-22 -DAGON_FUZZ=ON > /dev/null
	@cmake --build $(BUILD)-fuzz -j $(JOBS) --target agon_fuzzers
	@sh scripts/fuzz.sh $(BUILD)-fuzz $(FUZZ_SECONDS)

bench: build
	@sh scripts/python.sh $(BUILD)/python
	@python3 bench/run.py $(BUILD) $(BENCH)

reference: setup $(BUILD)/build.ninja
	@$(NINJA) --target agon-reference
	@echo "the reference of operations and passes is in $(BUILD)/reference/"

clean:
	rm -rf $(BUILD)
