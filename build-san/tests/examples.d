build-san/tests/examples.o: tests/examples.c tests/examples.h tests/fd.h \
 lib/graph/derive.h lib/graph/build.h lib/graph/op.h lib/graph/graph.h \
 lib/base/base.h lib/sextant.h
tests/examples.h:
tests/fd.h:
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
