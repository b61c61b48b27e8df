build-san/lib/base/error.o: lib/base/error.c lib/base/base.h \
 lib/sextant.h
lib/base/base.h:
lib/sextant.h:
