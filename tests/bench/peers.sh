# shellcheck shell=sh
# peers.sh - programs that people would run instead: which are installed, and how to get the others.
PYTHON=${PYTHON:-/usr/bin/python3}

# imports MODULE...: whether Python finds all of them.
imports() {
    "$PYTHON" -c "import $*" 2>"$T/import"
}

# there PEER: whether it can be run. This is looked up once.
there() {
    if [ ! -e "$T/peer.$1" ]; then
        case $1 in
        run) true ;;
        ort) node -e 'require("onnxruntime-node")' 2>"$T/import" ;;
        torch) imports torch,onnx,onnx2torch ;;
        captum | oneshot) imports torch,onnx,onnx2torch,captum,PIL ;;
        shapiq | shapiq_once) imports torch,onnx,onnx2torch,shapiq ;;
        esac
        echo $? >"$T/peer.$1"
    fi
    [ "$(cat "$T/peer.$1")" = 0 ]
}

how_to_get() {
    case $1 in
    ort) echo 'npm install --ignore-scripts onnxruntime-node, and NODE_PATH=.../node_modules' ;;
    torch) echo 'apt install python3-torch python3-onnx libopenblas0-pthread, and onnx2torch of GitHub in PYTHONPATH' ;;
    captum | oneshot) echo 'as torch, python3-pil, and captum 0.7 of GitHub in PYTHONPATH' ;;
    shapiq*) echo 'as torch, and shapiq 1.3 of GitHub (src) in PYTHONPATH' ;;
    esac
}

# timer_of PEER ARGUMENT...: prints the command line of its timer.
timer_of() {
    peer=$1
    shift
    case $peer in
    run) echo "$@" ;;
    ort) echo "node tests/bench/peer_ort.js $*" ;;
    oneshot) echo "$WHOLE $PYTHON tests/bench/peer_oneshot.py $*" ;;
    shapiq_once)
        echo "$WHOLE $PYTHON tests/bench/peer_shapiq.py --once $*"
        ;;
    *) echo "$PYTHON tests/bench/peer_$peer.py $*" ;;
    esac
}
