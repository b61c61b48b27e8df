build-asan/lib/io/jpeg.o: lib/io/jpeg.c lib/io/picture.h lib/base/base.h \
 lib/sextant.h
lib/io/picture.h:
lib/base/base.h:
lib/sextant.h:
