build-san/lib/base/random.o: lib/base/random.c lib/base/base.h \
 lib/sextant.h
lib/base/base.h:
lib/sextant.h:
