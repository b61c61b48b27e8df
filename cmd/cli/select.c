/* select.c - which samples a run computes: --shard, --skip-ids, and those that --resume finds done. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

/* Reads --skip-ids. "ID" alone means every index, for which the index -1 stands. */
bool cli_select_begin(struct cli *cli)
{
    char **line = NULL;
    size_t n = 0;
    if (cli->skip_file == NULL)
        return true;
    bool ok = cli_read_lines(cli, cli->skip_file, &line, &n);
    for (size_t i = 0; ok && i < n; i++) {
        char *tab = strrchr(line[i], '\t');
        bool index =
            tab != NULL && tab[1] != '\0' && strspn(tab + 1, "0123456789") == strlen(tab + 1);
        if (index)
            *tab = '\0';
        if (line[i][0] != '\0')
            cli_keys_add(cli, &cli->skipped,
                         cli_key(line[i], index ? strtoll(tab + 1, NULL, 10) : -1));
    }
    cli_free_lines(line, n);
    return ok;
}

bool cli_selects(const struct cli *cli, const char *id, int64_t index, bool *counts)
{
    *counts = !cli_keys_have(&cli->skipped, cli_key(id, -1)) &&
              !cli_keys_have(&cli->skipped, cli_key(id, index));
    return *counts && (cli->shards == 0 || cli->counted % cli->shards == cli->shard);
}

bool cli_is_done(const struct cli *cli, const char *id, int64_t index)
{
    if (!cli->resume)
        return false;
    return cli->each ? cli_files_exist(cli)
                     : cli_keys_have(&cli->done_keys, cli_key(id, index));
}

void cli_select_free(struct cli *cli)
{
    cli_keys_free(&cli->skipped);
    cli_keys_free(&cli->done_keys);
}
