/* sandbox_none.c - a build without libseccomp has no sandbox. */
#include "cmd/cli/inner.h"

void cli_enter_sandbox(struct cli *cli)
{
    cli_misuse(cli, "--sandbox needs libseccomp, which this build lacks");
}
