build-san/lib/base/tensor.o: lib/base/tensor.c lib/base/base.h \
 lib/sextant.h
lib/base/base.h:
lib/sextant.h:
