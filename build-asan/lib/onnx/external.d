build-asan/lib/onnx/external.o: lib/onnx/external.c lib/onnx/onnx.h \
 lib/base/base.h lib/sextant.h lib/io/io.h build-asan/gen/onnx.pb-c.h
lib/onnx/onnx.h:
lib/base/base.h:
lib/sextant.h:
lib/io/io.h:
build-asan/gen/onnx.pb-c.h:
