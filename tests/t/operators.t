#!/bin/sh
# operators.t - the page of operators agrees with the tables; `make operators` writes it.
. tests/tap.sh

"$BUILD/tests/programs/operators" >"$T/page" || exit 1
run cmp "$T/page" "$TOP/man/sextant-ops.7"
is 'man/sextant-ops.7' "$status" 0
end
