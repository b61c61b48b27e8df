build-san/lib/base/memory.o: lib/base/memory.c lib/base/base.h \
 lib/sextant.h
lib/base/base.h:
lib/sextant.h:
