# Sextant. `make demo` and `make check` install what they need on a fresh Debian or Ubuntu. `make help`
# lists the other targets. Variables:
#   BUILD            the directory of all results
#   DNNL=0, DRAW=0, SANDBOX=0   build without oneDNN, without pictures, without --sandbox
#   SAN              flags of sanitizers
#   ISA=avx2         uses no wider vectors than AVX2
#   WERROR=-Werror   warnings become errors
#   PROTO            the file onnx.proto
#   PREFIX, DESTDIR  where `make install` puts files
# CPPFLAGS, CFLAGS and LDFLAGS are added to the flags of this file, after them.
DNNL ?= 1
DRAW ?= 1
SANDBOX ?= 1
SAN ?=
ISA ?=
BUILD ?= build$(if $(SAN),/san)$(if $(ISA),/$(ISA))$(if $(filter 0,$(DNNL)),/plain)$(if $(filter 0,$(DRAW)),/nodraw)$(if $(filter 0,$(SANDBOX)),/nosandbox)
PREFIX ?= /usr/local
DESTDIR ?=

CC ?= cc
OBJCOPY ?= objcopy
# On shared processors, spinning threads take time from the threads that they wait for.
export GOMP_SPINCOUNT ?= 2000
OPT ?= -O2 -g
WERROR ?=
WARN = -Wall -Wextra $(WERROR) -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
       -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-unknown-pragmas \
       -Wno-enum-float-conversion # constants are enumerators, whatever they are multiplied with
# Every library is named only here. The lists have the package of each, with names that are the same in
# Debian 12, Debian 13 and Ubuntu 24.04, and the packages of programs for tests and lint. tests/setup.sh
# tests whether a package's part is there, and installs missing ones.
BUILD_PACKAGES = gcc make pkg-config libc6-dev libpng-dev libjpeg-dev zlib1g-dev libcjson-dev nettle-dev \
                 libprotobuf-c-dev protobuf-c-compiler libonnx-dev $(if $(filter 0,$(DNNL)),,libdnnl-dev) \
                 $(if $(filter 0,$(DRAW)),,libpango1.0-dev fonts-dejavu-core) \
                 $(if $(filter 0,$(SANDBOX)),,libseccomp-dev)
PACKAGES = $(BUILD_PACKAGES) g++ check jq
LINT_PACKAGES = clang libomp-dev clang-format shellcheck universal-ctags mandoc
PKGS = libpng libjpeg zlib libcjson nettle libprotobuf-c
PKG_CONFIG ?= pkg-config
# pkg-config runs once, and only if something is compiled or linked.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null))$(PKG_LIBS)
CHECK_LIBS = $(eval CHECK_LIBS := $(shell $(PKG_CONFIG) --libs check 2>/dev/null))$(CHECK_LIBS)
DRAW_PKGS = pangocairo cairo-svg cairo-pdf
# Only the tools have --sandbox.
TOOL_LIBS = $(if $(filter 0,$(SANDBOX)),,-lseccomp)
LIBS = $(PKG_LIBS) $(SAN_LIBS) -lm -ldl
# oneDNN is loaded when it is needed. But gcc's detector of leaks crashes if a library with variables of
# threads is loaded while threads run.
SAN_LIBS = $(if $(SAN),$(if $(filter 0,$(DNNL)),,-Wl,--no-as-needed -ldnnl -Wl,--as-needed))
ALL_CPPFLAGS = $(if $(filter avx2,$(ISA)),-DSX_AT_MOST_AVX2) -D_GNU_SOURCE -Ilib -I. -Itests -I$(BUILD)/gen $(PKG_CFLAGS)
ALL_CFLAGS = -std=c11 $(OPT) $(WARN) -fPIC -fopenmp -fno-math-errno $(SAN) -MMD -MP
LINK = $(CC) -fopenmp $(SAN) -Wl,--as-needed $(CFLAGS) $(LDFLAGS)
# With -pie, the start of a program would relocate an address for each type description of UBSan.
NO_PIE = $(if $(SAN),-no-pie)

PROTO ?= $(firstword $(wildcard $(addsuffix /onnx/onnx.proto,/usr/include /usr/local/include \
         /opt/homebrew/include)) /usr/include/onnx/onnx.proto)
SETUP = CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' PROTO='$(PROTO)' sh tests/setup.sh
# The one file that replaces those that call oneDNN.
NO_DNNL = lib/run/dnnl_none.c
# A module that draws pictures. It is opened when a picture is asked for.
DRAW_SRC = lib/draw/module.c
MODULES = $(if $(filter 0,$(DRAW)),,draw.so)
LIB_SRC = $(filter-out $(DRAW_SRC) $(if $(filter 0,$(DNNL)),$(filter-out $(NO_DNNL),$(wildcard lib/run/dnnl*.c)),$(NO_DNNL)), \
          $(sort $(wildcard lib/*/*.c)))
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/onnx.pb-c.o
# The number changes if programs that were linked before would no longer work.
SONAME = libsextant.so.1
HEADERS = $(sort $(wildcard lib/sextant/*.h))
TOOLS = $(patsubst cmd/%.c,%,$(sort $(wildcard cmd/*.c)))
# The one file that replaces the two of --sandbox.
NO_SANDBOX = cmd/cli/sandbox_none.c
CLI_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(sort $(filter-out $(if $(filter 0,$(SANDBOX)),cmd/cli/sandbox.c \
          cmd/cli/landlock.c,$(NO_SANDBOX)),$(wildcard cmd/cli/*.c))))
CHECKS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/check_*.c)))
TEST_PROGRAMS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/programs/*.c))
BENCHES = $(patsubst tests/bench/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/*.c))
TEST_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/check_%,$(wildcard tests/*.c)))
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJ = $(BUILD)/tests/fuzz/fuzz.o $(BUILD)/tests/fuzz/draw.o
# The main program of a target: it reads kept files. `make fuzz` uses that of libFuzzer instead.
FUZZ_MAIN = $(BUILD)/tests/fuzz/replay.o

# ---- Building ----

all: $(TOOLS:%=$(BUILD)/bin/%) $(BUILD)/libsextant.a $(BUILD)/$(SONAME) \
     $(MODULES:%=$(BUILD)/lib/sextant/%)

$(BUILD)/gen/onnx.pb-c.c: $(wildcard $(PROTO))
	@$(SETUP) --only-say $(BUILD_PACKAGES)
	@mkdir -p $(@D)
	@protoc-c --proto_path=$(dir $(PROTO)) --c_out=$(@D) $(PROTO) 2>$@.log || { cat $@.log >&2; exit 1; }
$(BUILD)/gen/onnx.pb-c.h: $(BUILD)/gen/onnx.pb-c.c
$(BUILD)/gen/onnx.pb-c.o: $(BUILD)/gen/onnx.pb-c.c
	$(CC) -w $(OPT) -fPIC $(SAN) -I$(BUILD)/gen $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/%.o: %.c | $(BUILD)/gen/onnx.pb-c.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(CFLAGS_$(subst /,_,$(*:lib/%=%))) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The pointwise kernels are loops that -O3 vectorises.
CFLAGS_ops_map = -O3
CFLAGS_ops_map_kernels = -O3 -fno-trapping-math
CFLAGS_ops_exact = -O3
# Products may contract a * b + c. Sums keep the order of the source.
CFLAGS_run_direct_tile = -O3 -ffp-contract=fast
CFLAGS_run_winograd_loops = -O3 -ffp-contract=fast
CFLAGS_ops_gemm_kernels = -O3 -ffp-contract=fast
# The name of oneDNN's library, such as libdnnl.so.2.
CFLAGS_run_dnnl_load = -DSX_ONEDNN_FILE='"$(shell readelf -d "$$($(CC) -print-file-name=libdnnl.so)" 2>/dev/null | \
                       sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')"'
CFLAGS_ops_conv_kernels = -O3
CFLAGS_ops_pool = -O3
CFLAGS_ops_reduce = -O3 -fno-trapping-math
CFLAGS_ops_softmax = -O3 -fno-trapping-math
CFLAGS_ops_scan = -O3 -fno-trapping-math
CFLAGS_ops_strided = -O3
CFLAGS_ops_gather = -O3
# The peak of the machine is measured with contracted products, too.
CFLAGS_tests_bench_bench_peak = -O3 -ffp-contract=fast
# Sums over the table of all coalitions, and Cholesky factors.
CFLAGS_shapley_table = -O3
CFLAGS_shapley_squares = -O3 -ffp-contract=fast

# All objects, for tools and tests. A hundred tests share inner.so, which halves the time of linking.
# `make mutants` links the tools with it, too, so that a change is linked once.
INNER = $(BUILD)/inner.a
$(BUILD)/inner.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/inner.so: $(LIB_OBJ)
	$(LINK) -shared -Wl,-soname,inner.so -o $@ $^ $(LIBS)

# The public libraries export only the functions that the headers declare.
$(BUILD)/exports: tests/exports.sh lib/sextant.h $(HEADERS)
	@mkdir -p $(@D)
	sh tests/exports.sh >$@
$(BUILD)/$(SONAME): $(LIB_OBJ) $(BUILD)/exports
	@{ echo 'SEXTANT_1 { global:'; sed 's/$$/;/' $(BUILD)/exports; echo 'local: *; };'; } >$@.map
	$(LINK) -shared -Wl,-soname,$(SONAME),--version-script=$@.map -o $@ $(LIB_OBJ) $(LIBS)
$(BUILD)/libsextant.a: $(LIB_OBJ) $(BUILD)/exports
	@rm -f $@
	$(LD) -r -o $(BUILD)/sextant.o $(LIB_OBJ)
	$(OBJCOPY) --keep-global-symbols=$(BUILD)/exports $(BUILD)/sextant.o
	$(AR) rcs $@ $(BUILD)/sextant.o

$(BUILD)/bin/%: $(BUILD)/cmd/%.o $(CLI_OBJ) $(INNER)
	@mkdir -p $(@D)
	$(LINK) $(NO_PIE) -o $@ $^ $(LIBS) $(TOOL_LIBS)

$(CHECKS) $(TEST_PROGRAMS): %: %.o $(TEST_OBJ) $(BUILD)/inner.so
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ -Wl,-rpath,$(abspath $(BUILD)) $(LIBS) $(CHECK_LIBS)

$(FUZZERS): %: %.o $(FUZZ_OBJ) $(FUZZ_MAIN) $(BUILD)/inner.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench_%: $(BUILD)/tests/bench/bench_%.o $(BUILD)/inner.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/lib/sextant/draw.so: $(DRAW_SRC) lib/draw/module.h
	@$(SETUP) --only-say $(BUILD_PACKAGES)
	@mkdir -p $(@D)
	$(CC) -shared -fPIC $(filter-out -MMD -MP,$(ALL_CFLAGS)) -D_GNU_SOURCE -Ilib \
	    $$($(PKG_CONFIG) --cflags $(DRAW_PKGS)) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< \
	    $$($(PKG_CONFIG) --libs $(DRAW_PKGS)) -lm

# ---- Installing ----

VERSION = $(shell sed -n 's/.*SX_VERSION "\(.*\)"/\1/p' lib/sextant/base.h)
# The directory of libraries below PREFIX, such as lib/x86_64-linux-gnu. STRIP=-s removes symbols.
LIBDIR ?= lib
STRIP ?=
define PC
prefix=$(PREFIX)
libdir=$${prefix}/$(LIBDIR)

Name: sextant
Description: explain neural networks stored as ONNX files
URL: https://onnx.ai/
Version: $(VERSION)
Cflags: -I$${prefix}/include
Libs: -L$${libdir} -lsextant
Libs.private: $(LIBS) -fopenmp
endef
export PC

AT = $(DESTDIR)$(PREFIX)
MAN = $(notdir $(wildcard man/*.[1-9]))
COMPLETED = $(filter-out sextant,$(TOOLS))
# Every file that is installed, below $(AT).
INSTALLED = $(TOOLS:%=bin/%) $(MODULES:%=lib/sextant/%) $(addprefix $(LIBDIR)/,libsextant.a $(SONAME) libsextant.so pkgconfig/sextant.pc) \
            include/sextant.h $(HEADERS:lib/%=include/%) \
            $(foreach m,$(MAN),share/man/man$(lastword $(subst ., ,$m))/$m) \
            $(COMPLETED:%=share/bash-completion/completions/%) \
            $(COMPLETED:%=share/zsh/site-functions/_%) \
            $(COMPLETED:%=share/fish/vendor_completions.d/%.fish) \
            $(addprefix share/doc/sextant/,README COPYING $(EXAMPLES:tests/data/%=examples/%))
# The models and inputs that the README and sextant-cookbook(7) use.
EXAMPLES = $(addprefix tests/data/,README digits8.onnx digits8.npy diabetes.onnx diabetes.csv f1.onnx f1.npy \
           f1.truth squeezenet.onnx squeezenet.licence labels.txt dog.png cat.png review.onnx review.npy \
           review.vocab words.onnx words.npy words.txt series.onnx series.csv speech.onnx \
           speech.npy faces.onnx astronaut.png)

install: all
	mkdir -p $(addprefix $(AT)/,$(sort $(dir $(INSTALLED))))
	install $(STRIP) $(TOOLS:%=$(BUILD)/bin/%) $(AT)/bin
	install -m 644 $(STRIP) $(BUILD)/$(SONAME) $(AT)/$(LIBDIR)
	ln -sf $(SONAME) $(AT)/$(LIBDIR)/libsextant.so
	for m in $(MODULES); do install -m 644 $(STRIP) $(BUILD)/lib/sextant/$$m $(AT)/lib/sextant || exit; done
	install -m 644 $(BUILD)/libsextant.a $(AT)/$(LIBDIR)
	install -m 644 lib/sextant.h $(AT)/include
	install -m 644 $(HEADERS) $(AT)/include/sextant
	install -m 644 README COPYING $(AT)/share/doc/sextant
	install -m 644 $(EXAMPLES) $(AT)/share/doc/sextant/examples
	for m in $(MAN); do install -m 644 man/$$m $(AT)/share/man/man$${m##*.} || exit; done
	for t in $(COMPLETED); do \
	    install -m 644 cmd/cli/completion.bash $(AT)/share/bash-completion/completions/$$t && \
	    install -m 644 cmd/cli/completion.fish $(AT)/share/fish/vendor_completions.d/$$t.fish && \
	    sed "s/TOOL/$$t/" cmd/cli/completion.zsh > $(AT)/share/zsh/site-functions/_$$t || exit; done
	echo "$$PC" > $(AT)/$(LIBDIR)/pkgconfig/sextant.pc

install-strip:
	@$(MAKE) install STRIP=-s

uninstall:
	rm -f $(addprefix $(AT)/,$(INSTALLED))

# Tools without shared libraries. -f png then ends with status 2.
STATIC = build/static
static: setup
	@CC='$(CC)' sh tests/static.sh $(STATIC)
	@$(MAKE) $(QUIET) BUILD=$(STATIC) DNNL=0 DRAW=0 LDFLAGS='$(LDFLAGS) -static -Wl,--no-warnings -L$(STATIC)' \
	    PKG_LIBS="$$($(PKG_CONFIG) --static --libs $(PKGS))" $(TOOLS:%=$(STATIC)/bin/%)
	@strip $(TOOLS:%=$(STATIC)/bin/%)
	@du -ch $(TOOLS:%=$(STATIC)/bin/%) | tail -n 1

# An archive of the last commit, and Debian packages in the directory above.
dist:
	@mkdir -p $(BUILD)
	git archive --prefix=sextant-$(VERSION)/ HEAD | xz >$(BUILD)/sextant-$(VERSION).tar.xz
	@echo $(BUILD)/sextant-$(VERSION).tar.xz
deb:
	@$(SETUP) $(PACKAGES) build-essential debhelper
	dpkg-buildpackage -us -uc -b -tc

# ---- Targets for people ----

# Recursive makes use every processor, unless -j is given.
QUIET = -s --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

help:
	@echo 'make                  builds the tools, in $(BUILD)/bin'
	@echo 'make demo             explains a photograph, after installing what that needs'
	@echo 'make check            runs every test, after installing what they need'
	@echo 'make sanitize         runs them with the address and undefined behaviour sanitizers'
	@echo 'make check-hostile    runs the tools on thousands of hostile files and command lines'
	@echo 'make fuzz             runs the fuzzing targets under libFuzzer; FUZZ=NAME, FUZZ_SECONDS=60'
	@echo 'make check-engines    runs the tools under GNU parallel, ssh, Slurm, xargs, make, and as Spark pipes'
	@echo 'make check-faults     lets each allocation and system call of a run fail in turn'
	@echo 'make check-endurance  long runs: 100,000 records, 200 kills, equal bytes; SECONDS=600'
	@echo 'make check-html       tests a page of attr-plot in a browser'
	@echo 'make check-ort        runs the files of onnx-grad in ONNX Runtime: cases, models, nodes and time'
	@echo 'make check-compilers  counts the warnings of every installed compiler, with common flags'
	@echo 'make check-debian13   make demo and make check on a fresh Debian 13, as root; SUITE= names another'
	@echo "make conformance      runs all of ONNX's own cases, and prints a table by operator"
	@echo 'make models           compares the models of ../shared with references; MODELS=DIR runs any files'
	@echo 'make mutants          makes small faults in the sources, and reports which ones tests notice'
	@echo 'make coverage         lines and branches that tests reach, by folder'
	@echo 'make bench            speed and memory, beside programs that people would run instead;'
	@echo '                      BENCH=PATTERN chooses figures, ISA=avx2 does without AVX-512'
	@echo 'make defaults-table   how faithful the methods of ggig are, and what they cost; MODELS=DIR'
	@echo 'make gallery          draws a picture of every kind'
	@echo 'make lint             checks style, budgets, includes and man pages; compiles with clang'
	@echo 'make format           runs clang-format on every source'
	@echo 'make golden           rewrites the expected outputs of the tests'
	@echo 'make operators        rewrites the page of operators, man/sextant-ops.7'
	@echo 'make install          installs below $(AT) (DESTDIR, PREFIX); make uninstall removes it'
	@echo 'make install-strip    the same without symbols'
	@echo 'make static           builds static tools without oneDNN and pictures, in build/static/bin'
	@echo 'make dist, make deb   makes an archive of the sources; Debian packages'
	@echo 'make clean            removes $(BUILD)'

setup:
	@$(SETUP) $(PACKAGES)

SQUEEZENET = tests/data/squeezenet.onnx --labels=tests/data/labels.txt \
             --resize=227x227 --channels=bgr --scale=1 --mean=104,117,123
demo: setup
	@echo 'Building in $(BUILD)'
	@$(MAKE) $(QUIET) all
	@echo 'What SqueezeNet sees in tests/data/dog.png:'
	@$(BUILD)/bin/onnx-run -f text --top=3 $(SQUEEZENET) tests/data/dog.png
	@$(BUILD)/bin/ggig -f png -o $(BUILD)/demo.png --steps=16 --iters=4 $(SQUEEZENET) tests/data/dog.png
	@echo 'Where it sees that: $(BUILD)/demo.png'

check: setup
	@echo 'Building in $(BUILD)'
	@$(MAKE) $(QUIET) all $(CHECKS) $(TEST_PROGRAMS) $(BENCHES) $(FUZZERS)
	@BUILD='$(BUILD)' SAN='$(SAN)' sh tests/run.sh $(CHECKS) $(sort $(wildcard tests/t/*.t))

SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
sanitize:
	@LIMIT=60 $(MAKE) --no-print-directory check SAN='$(SANITIZERS)' OPT='-O1 -g' WERROR=-Werror

# Compares with programs that people would run instead, if these are installed: see
# tests/bench/bench.sh. BENCH=PATTERN chooses figures by their names.
BENCH ?= .
bench: setup
	@$(MAKE) $(QUIET) all $(BENCHES)
	@$(if $(ISA),DNNL_MAX_CPU_ISA=$(shell echo $(ISA) | tr a-z A-Z)) MODELS='$(or $(MODELS),build/bench)' \
	    sh tests/bench/bench.sh $(BUILD) '$(BENCH)'

# Before every release, as root: runs the two commands of the README on a fresh system, by debootstrap.
SUITE ?= trixie
check-debian13:
	@sh tests/fresh.sh $(SUITE)

COMPILERS ?= gcc-12 gcc-13 gcc-14 clang-14 clang-15 clang-16 clang-17 clang-18 clang-19
check-compilers:
	@sh tests/compilers.sh $(COMPILERS)

# With sanitizers each of the fifteen thousand inputs takes ten times as long, so every tenth is tried.
HOSTILE_EVERY ?= $(if $(SAN),10,1)
check-hostile: setup
	@$(MAKE) $(QUIET) all $(TEST_PROGRAMS) $(filter $(BUILD)/tests/check_lower%,$(CHECKS))
	@BUILD='$(BUILD)' SAN='$(SAN)' sh tests/run.sh tests/t/hostile.t
	@sh tests/hostile.sh $(BUILD) $(if $(SAN),6 0,2 1) $(HOSTILE_EVERY)

# Runs the tools under GNU parallel, ssh, Slurm, xargs, make and the rules of Spark's pipe(). A part
# whose package cannot be installed is skipped.
ENGINE_PACKAGES = parallel openssh-server openssh-client slurm-wlm munge procps
check-engines: setup
	@$(SETUP) $(ENGINE_PACKAGES) || true
	@$(MAKE) $(QUIET) all
	@BUILD='$(abspath $(BUILD))' sh tests/engines.sh

# The n-th allocation, read, write, open, sync, rename and mapping fails, for every n. This takes
# minutes per command. FAULT_EVERY=17 tries every 17th n. FAULTS='-f png' chooses commands.
FAULT_EVERY ?= 1
FAULTS ?= .
check-faults: setup
	@$(MAKE) $(QUIET) all
	@$(CC) -O1 -fPIC -shared -o $(BUILD)/faults.so tests/faults/preload.c -ldl
	@BUILD='$(BUILD)' sh tests/faults/faults.sh $(BUILD)/faults.so $(FAULT_EVERY) '$(FAULTS)'

# Long runs of SECONDS in total. RECORDS, KILLS and TRIALS are upper limits. SAN= may be given.
SECONDS ?= 600
RECORDS ?= 100000
KILLS ?= 200
TRIALS ?= 200
check-endurance: setup
	@$(MAKE) $(QUIET) all $(TEST_PROGRAMS)
	@SAN='$(SAN)' sh tests/endurance.sh $(BUILD) $(SECONDS) $(RECORDS) $(KILLS) $(TRIALS)

# Runs each target of tests/fuzz under libFuzzer for FUZZ_SECONDS. FUZZ=model names one. New inputs are
# added to $(FUZZ_BUILD)/corpus. Inputs that fail are kept there as crash-*.
FUZZ_SECONDS ?= 60
FUZZ ?= $(notdir $(FUZZERS:fuzz_%=%))
FUZZ_BUILD = build/fuzz
fuzz: setup
	@$(SETUP) $(LINT_PACKAGES)
	@$(MAKE) $(QUIET) BUILD=$(FUZZ_BUILD) CC=clang OPT='-O2 -gline-tables-only' CFLAGS=-Wno-pass-failed \
	    SAN='$(SANITIZERS) -fsanitize=fuzzer-no-link' LDFLAGS=-fsanitize=fuzzer FUZZ_MAIN= fuzzers
	@$(MAKE) $(QUIET) $(BUILD)/tests/programs/models $(BUILD)/bin/flint-fit
	@sh tests/fuzz/fuzz.sh $(FUZZ_BUILD) $(BUILD) $(FUZZ_SECONDS) $(patsubst fuzz_%,%,$(FUZZ))
fuzzers: $(FUZZERS)

# Runs all of ONNX's own cases, and prints a table by operator.
CASES = /usr/share/libonnx-testdata/data
conformance: setup
	@$(SETUP) libonnx-testdata
	@$(MAKE) $(QUIET) $(BUILD)/tests/programs/conformance
	@$(BUILD)/tests/programs/conformance $(addprefix $(CASES)/,node simple pytorch-operator \
	    pytorch-converted)

# Compares every model of ../shared/models with its references, and runs the files of ../shared/real.
# With MODELS=DIRECTORY runs the files there and below.
MODELS ?=
models: all $(BUILD)/tests/programs/npy
	$(if $(MODELS),@sh tests/files.sh $(BUILD) $(MODELS),@sh tests/models.sh $(BUILD) && \
	    { [ ! -d ../shared/real ] || sh tests/files.sh $(BUILD) ../shared/real; })

# Runs the files of onnx-grad in ONNX Runtime. If that is missing, says how to install it.
check-ort: setup
	@$(SETUP) nodejs python3-onnx
	@$(MAKE) $(QUIET) all $(BUILD)/tests/programs/gradients
	@sh tests/ort.sh $(BUILD)

# Makes the table in ggig(1), on the photographs of ../shared/models.
defaults-table: all
	@sh tests/defaults.sh $(BUILD) $(MODELS)

# Tests a page of attr-plot in a browser.
check-html: setup
	@$(SETUP) chromium
	@$(MAKE) $(QUIET) all
	@sh tests/html.sh $(BUILD)

# Draws a picture of every kind, and a page with all of them: $(BUILD)/gallery/index.html.
gallery: setup
	@$(MAKE) $(QUIET) all
	@sh tests/gallery.sh $(BUILD)

# Lines and branches that tests reach, by folder. By default these are the tests of the library. COVERED
# names others; COVERED='$$(CHECKS) $$(wildcard tests/t/*.t)' are all. CFLAGS come last: their -O0 is
# for the kernels too, as loops that were vectorised have branches that are not in the source.
COVERED ?= $(CHECKS)
COVERAGE = build/cov
coverage: setup
	@$(SETUP) gcovr
	@$(MAKE) $(QUIET) BUILD=$(COVERAGE) OPT='-O0 -g' LDFLAGS=--coverage \
	    CFLAGS='-O0 --coverage -fprofile-update=atomic' covered
	@sh tests/coverage.sh $(COVERAGE)
covered: all $(CHECKS) $(TEST_PROGRAMS) $(BENCHES) $(FUZZERS)
	@find $(BUILD) -name '*.gcda' -delete
	@BUILD='$(BUILD)' sh tests/run.sh $(COVERED)

# Makes small faults, one at a time, which tests must notice. MUTANTS= names another list, and
# MUTANTS='LIST FIRST LAST' a part of one.
MUTANTS ?= tests/mutants.jsonl
mutants: setup
	@sh tests/mutants.sh $(MUTANTS)

# Rewrites the expected outputs. Read the difference before you commit it.
golden: all $(BUILD)/tests/check_drawn
	GOLDEN=write $(BUILD)/tests/check_drawn
	for t in tests/t/*.t; do GOLDEN=write BUILD=$(abspath $(BUILD)) sh $$t >/dev/null; done

# Writes the page of operators from the tables of lib/lower.
operators: $(BUILD)/tests/programs/operators
	$< >man/sextant-ops.7

format:
	clang-format -i $(C_FILES)

# clang compiles everything without optimising, because it has other warnings.
lint: setup
	@$(SETUP) $(LINT_PACKAGES)
	@$(MAKE) $(QUIET) BUILD=build/clang SAN= CC=clang OPT=-O0 WERROR=-Werror objects
	@sh tests/lint.sh $(C_FILES)

objects: $(LIB_OBJ) $(CLI_OBJ) $(TOOLS:%=$(BUILD)/cmd/%.o) $(TEST_OBJ) \
         $(CHECKS:%=%.o) $(TEST_PROGRAMS:%=%.o) $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/bench/*.c))

C_FILES = $(sort $(wildcard lib/*.h lib/*/*.[ch] cmd/*.[ch] cmd/*/*.[ch] tests/*.[ch] tests/*/*.[ch]))

clean:
	rm -rf $(BUILD)

.PHONY: all check-endurance coverage covered defaults-table check-compilers check-engines check-ort check-html gallery install install-strip uninstall static dist deb help setup demo check check-debian13 check-hostile check-faults sanitize conformance models mutants operators bench fuzz fuzzers golden format lint objects clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
