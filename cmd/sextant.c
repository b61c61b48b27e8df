/* sextant.c - lists the tools, and runs one of them: `sextant ggig ...` is `ggig ...`. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

static const struct {
    const char *name, *question;
} tools[] = {
    {"onnx-run", "What does the model say?"},
    {"ggig", "Which elements of the input add to that?"},
    {"taylorcam", "Which places of a picture act together?"},
    {"shapley-int", "Which inputs act together, as a game?"},
    {"xderiv", "Which features interact, by derivatives?"},
    {"attr-decompose", "Do fourteen attributions agree, and are they fair?"},
    {"attr-score", "How faithful is an explanation, how alike are two?"},
    {"flint-fit", "Which concepts can be learned that explain the classes?"},
    {"flint-explain", "Which of them speak for the class of a sample?"},
    {"flint-global", "Which of them stand for which classes?"},
    {"flint-visualize", "What do they look like?"},
    {"attr-plot", "What do these records look like?"},
    {"onnx-perturb", "Does an explanation depend on the weights?"},
    {"onnx-grad", "What is the derivative, as a model?"},
};

enum { N_TOOLS = sizeof tools / sizeof tools[0] };

static void list(const struct cli *cli)
{
    printf("sextant TOOL [OPTION]... MODEL [INPUT]...\n\n");
    for (int i = 0; i < N_TOOLS; i++)
        printf("    %-17s %s\n", tools[i].name, tools[i].question);
    printf("\n'sextant TOOL --help' lists the options of one; sextant(7) has what they share,\n"
           "and sextant-cookbook(7) the commands for whole jobs.\n");
    cli_printed(cli);
}

/* Replaces the process by a tool: the one in the directory of this program, or else the one in
 * PATH. */
static void become(char **words)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash = NULL;
    if (n > 0) {
        path[n] = '\0';
        slash = strrchr(path, '/');
    }
    if (slash != NULL && strlen(words[0]) < (size_t)(path + sizeof path - slash) - 1) {
        strcpy(slash + 1, words[0]);
        execv(path, words);
    }
    execvp(words[0], words);
}

int main(int argc, char **argv)
{
    static const struct cli cli = {.tool = "sextant"};
    cli_mend_environment(); /* the tool's is the same */
    if (argc < 2 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
        list(&cli);
    if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0) {
        printf("sextant (sextant) %s\n", sx_version());
        cli_printed(&cli);
    }
    struct sx_nearest near = {.word = argv[1]};
    for (int i = 0; i < N_TOOLS; i++) {
        sx_nearest_offer_one(&near, tools[i].name);
        if (strcmp(argv[1], tools[i].name) == 0) {
            become(argv + 1);
            perror(argv[1]);
            return SX_USAGE;
        }
    }
    cli_misuse(&cli, "no tool '%.80s'%s", argv[1], sx_nearest_text(&near));
}
