build-asan/lib/io/png.o: lib/io/png.c lib/io/picture.h lib/base/base.h \
 lib/sextant.h
lib/io/picture.h:
lib/base/base.h:
lib/sextant.h:
