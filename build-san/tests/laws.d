build-san/tests/laws.o: tests/laws.c tests/laws.h tests/arrays.h \
 lib/graph/derive.h lib/graph/build.h lib/graph/op.h lib/graph/graph.h \
 lib/base/base.h lib/sextant.h
tests/laws.h:
tests/arrays.h:
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
