build-asan/tests/model.o: tests/model.c lib/base/base.h lib/sextant.h \
 tests/model.h build-asan/gen/onnx.pb-c.h
lib/base/base.h:
lib/sextant.h:
tests/model.h:
build-asan/gen/onnx.pb-c.h:
