build-san/tests/arrays.o: tests/arrays.c tests/arrays.h \
 lib/graph/derive.h lib/graph/build.h lib/graph/op.h lib/graph/graph.h \
 lib/base/base.h lib/sextant.h
tests/arrays.h:
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
