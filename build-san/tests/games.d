build-san/tests/games.o: tests/games.c tests/games.h lib/method/game.h \
 lib/method/players.h lib/base/base.h lib/sextant.h
tests/games.h:
lib/method/game.h:
lib/method/players.h:
lib/base/base.h:
lib/sextant.h:
