build-san/lib/graph/contrast.o: lib/graph/contrast.c lib/graph/flow.h \
 lib/graph/relevance.h lib/graph/derive.h lib/graph/build.h \
 lib/graph/op.h lib/graph/graph.h lib/base/base.h lib/sextant.h
lib/graph/flow.h:
lib/graph/relevance.h:
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
