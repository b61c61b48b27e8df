build-san/tests/flint_cases.o: tests/flint_cases.c tests/flint_cases.h \
 tests/arrays.h lib/graph/derive.h lib/graph/build.h lib/graph/op.h \
 lib/graph/graph.h lib/base/base.h lib/sextant.h lib/method/flint_fit.h \
 lib/method/flint.h lib/lower/lower.h lib/onnx/onnx.h lib/io/io.h \
 build-san/gen/onnx.pb-c.h lib/onnx/write.h lib/run/run.h tests/model.h
tests/flint_cases.h:
tests/arrays.h:
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/method/flint_fit.h:
lib/method/flint.h:
lib/lower/lower.h:
lib/onnx/onnx.h:
lib/io/io.h:
build-san/gen/onnx.pb-c.h:
lib/onnx/write.h:
lib/run/run.h:
tests/model.h:
