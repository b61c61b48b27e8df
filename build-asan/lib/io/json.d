build-asan/lib/io/json.o: lib/io/json.c lib/io/io.h lib/base/base.h \
 lib/sextant.h
lib/io/io.h:
lib/base/base.h:
lib/sextant.h:
