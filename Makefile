# Sextant: `make demo` and `make check` do all the set-up on a fresh Debian 12; `make help` lists the rest.
BUILD ?= build
DNNL ?= 1
SAN ?=
PREFIX ?= /usr/local
DESTDIR ?=

CC ?= cc
OPT ?= -O2 -g
WARN = -Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
       -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-unknown-pragmas
# Every dependency is linked here and nowhere else; PACKAGES names the Debian package of each.
PACKAGES = gcc make pkg-config libc6-dev libpng-dev libjpeg-dev zlib1g-dev libcjson-dev nettle-dev \
           libprotobuf-c-dev protobuf-c-compiler libonnx-dev libdnnl-dev check mandoc
LIBS = -lpng -ljpeg -lz -lcjson -lnettle -lprotobuf-c $(if $(filter 1,$(DNNL)),-ldnnl) -lm
CPPFLAGS += -D_GNU_SOURCE -Ilib -I$(BUILD)/gen $(if $(filter 1,$(DNNL)),-DSX_DNNL)
CFLAGS += -std=c11 $(OPT) $(WARN) -fopenmp -fno-math-errno $(SAN) -MMD -MP
LDFLAGS += -fopenmp $(SAN) -Wl,--as-needed

PROTO = /usr/include/onnx/onnx.proto
LIB_SRC = $(sort $(wildcard lib/*/*.c))
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/onnx.pb-c.o
TOOLS = $(filter-out cli%,$(patsubst cmd/%.c,%,$(sort $(wildcard cmd/*.c))))
CLI_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard cmd/cli*.c))
CHECKS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/check_*.c)))
TEST_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/check_%,$(wildcard tests/*.c)))

all: $(TOOLS:%=$(BUILD)/bin/%) $(BUILD)/sextant.pc

$(BUILD)/gen/onnx.pb-c.c: $(PROTO)
	@mkdir -p $(@D)
	protoc-c --proto_path=$(dir $(PROTO)) --c_out=$(@D) $(PROTO)
$(BUILD)/gen/onnx.pb-c.h: $(BUILD)/gen/onnx.pb-c.c
$(BUILD)/gen/onnx.pb-c.o: $(BUILD)/gen/onnx.pb-c.c
	$(CC) -w $(OPT) $(SAN) -I$(BUILD)/gen -c -o $@ $<

$(BUILD)/%.o: %.c | $(BUILD)/gen/onnx.pb-c.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(CFLAGS_$(notdir $*)) -c -o $@ $<

# The pointwise kernels are loops for the vectoriser.
CFLAGS_map = -O3
CFLAGS_map_kernels = -O3 -fno-trapping-math
CFLAGS_exact = -O3
# Products may contract a * b + c, but are summed in the order that is written.
CFLAGS_gemm_kernels = -O3 -ffp-contract=fast
CFLAGS_conv_kernels = -O3
CFLAGS_pool = -O3
CFLAGS_dnnl = -Wno-conversion

$(BUILD)/libsextant.a: $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/cmd/%.o $(CLI_OBJ) $(BUILD)/libsextant.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/check_%: $(BUILD)/tests/check_%.o $(TEST_OBJ) $(BUILD)/libsextant.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcheck -lsubunit -lpthread -lrt -lm

$(BUILD)/sextant.pc: Makefile lib/sextant.h
	@mkdir -p $(@D)
	@printf 'prefix=%s\n\nName: sextant\nDescription: explain neural networks stored as ONNX files\nVersion: %s\nCflags: -I$${prefix}/include\nLibs: -L$${prefix}/lib -lsextant -fopenmp\nLibs.private: %s\n' \
	  '$(PREFIX)' "$$(sed -n 's/.*SX_VERSION "\(.*\)"/\1/p' lib/sextant.h)" '$(LIBS)' > $@

clean:
	rm -rf $(BUILD)

.PHONY: all clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
