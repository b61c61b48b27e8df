build-san/tests/check_batching.o: tests/check_batching.c \
 lib/graph/derive.h lib/graph/build.h lib/graph/op.h lib/graph/graph.h \
 lib/base/base.h lib/sextant.h tests/lowering.h tests/model.h \
 build-san/gen/onnx.pb-c.h lib/lower/lower.h lib/onnx/onnx.h lib/io/io.h \
 lib/run/run.h
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
tests/lowering.h:
tests/model.h:
build-san/gen/onnx.pb-c.h:
lib/lower/lower.h:
lib/onnx/onnx.h:
lib/io/io.h:
lib/run/run.h:
