build-san/tests/lowering.o: tests/lowering.c lib/base/base.h \
 lib/sextant.h tests/lowering.h tests/model.h build-san/gen/onnx.pb-c.h \
 lib/lower/lower.h lib/graph/build.h lib/graph/op.h lib/graph/graph.h \
 lib/onnx/onnx.h lib/io/io.h
lib/base/base.h:
lib/sextant.h:
tests/lowering.h:
tests/model.h:
build-san/gen/onnx.pb-c.h:
lib/lower/lower.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/onnx/onnx.h:
lib/io/io.h:
