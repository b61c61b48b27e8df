build-asan/lib/io/record.o: lib/io/record.c lib/io/io.h lib/base/base.h \
 lib/sextant.h
lib/io/io.h:
lib/base/base.h:
lib/sextant.h:
