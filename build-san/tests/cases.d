build-san/tests/cases.o: tests/cases.c tests/cases.h lib/io/io.h \
 lib/base/base.h lib/sextant.h lib/lower/lower.h lib/graph/build.h \
 lib/graph/op.h lib/graph/graph.h lib/onnx/onnx.h \
 build-san/gen/onnx.pb-c.h lib/run/run.h
tests/cases.h:
lib/io/io.h:
lib/base/base.h:
lib/sextant.h:
lib/lower/lower.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/onnx/onnx.h:
build-san/gen/onnx.pb-c.h:
lib/run/run.h:
