build-san/tests/random_row.o: tests/random_row.c tests/random_row.h \
 tests/arrays.h lib/graph/derive.h lib/graph/build.h lib/graph/op.h \
 lib/graph/graph.h lib/base/base.h lib/sextant.h
tests/random_row.h:
tests/arrays.h:
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
