"""What a timer does (see timer.h), for the peers that are written in Python."""
import resource
import sys
import time


def serve(work):
    """Times work() for every line on stdin, after one call that warms up."""
    work()
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        work()
        seconds = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{seconds:.9f} {peak:.3f}", flush=True)
