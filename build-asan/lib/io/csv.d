build-asan/lib/io/csv.o: lib/io/csv.c lib/io/io.h lib/base/base.h \
 lib/sextant.h
lib/io/io.h:
lib/base/base.h:
lib/sextant.h:
