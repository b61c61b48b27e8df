build-asan/lib/io/picture.o: lib/io/picture.c lib/io/picture.h \
 lib/base/base.h lib/sextant.h
lib/io/picture.h:
lib/base/base.h:
lib/sextant.h:
