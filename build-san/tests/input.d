build-san/tests/input.o: tests/input.c tests/input.h lib/sextant.h
tests/input.h:
lib/sextant.h:
