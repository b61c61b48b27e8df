build-asan/lib/io/file.o: lib/io/file.c lib/io/io.h lib/base/base.h \
 lib/sextant.h
lib/io/io.h:
lib/base/base.h:
lib/sextant.h:
