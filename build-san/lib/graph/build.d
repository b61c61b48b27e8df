build-san/lib/graph/build.o: lib/graph/build.c lib/graph/build.h \
 lib/graph/op.h lib/graph/graph.h lib/base/base.h lib/sextant.h
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
