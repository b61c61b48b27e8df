build-asan/lib/io/pb.o: lib/io/pb.c lib/io/io.h lib/base/base.h \
 lib/sextant.h
lib/io/io.h:
lib/base/base.h:
lib/sextant.h:
