build-san/tests/model.o: tests/model.c lib/base/base.h lib/sextant.h \
 tests/model.h build-san/gen/onnx.pb-c.h
lib/base/base.h:
lib/sextant.h:
tests/model.h:
build-san/gen/onnx.pb-c.h:
