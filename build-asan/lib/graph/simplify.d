build-asan/lib/graph/simplify.o: lib/graph/simplify.c \
 lib/graph/internal.h lib/graph/build.h lib/graph/op.h lib/graph/graph.h \
 lib/base/base.h lib/sextant.h
lib/graph/internal.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
