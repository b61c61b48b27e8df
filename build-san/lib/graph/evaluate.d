build-san/lib/graph/evaluate.o: lib/graph/evaluate.c lib/graph/op.h \
 lib/graph/graph.h lib/base/base.h lib/sextant.h
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
