/* landlock.c - lets the kernel refuse writing to files that the options do not name. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* Constants that older headers do not define: bits of the kernel's interface. Each came with a
 * version of Landlock. */
#define REFER ((uint64_t)1 << 13)    /* version 2 */
#define TRUNCATE ((uint64_t)1 << 14) /* version 3 */
#define IOCTL ((uint64_t)1 << 15)    /* version 5: ioctl on devices that are opened */
#define NETWORK ((uint64_t)3)        /* version 4: bind and connect */
#define SCOPES ((uint64_t)3) /* version 6: abstract sockets, and signals to other processes */

/* The rights that are restricted; reading is not. */
#define WRITES                                                                                 \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                           \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                           \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                               \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                             \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* The fields of struct landlock_ruleset_attr in its latest version. */
struct governed {
    uint64_t files, network, scopes;
};

struct rules {
    int fd;
    uint64_t truncate; /* TRUNCATE if the kernel knows that right, else 0 */
    struct sx_error *error;
};

int cli_landlock_version(void)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

static bool fail(const struct rules *r, const char *what)
{
    r->error->status = SX_FAILED;
    snprintf(r->error->message, sizeof r->error->message, "--sandbox: %.200s: %s", what,
             strerror(errno));
    return false;
}

/* Allows `rights` beneath a directory, or for a file. If the path cannot be opened, the later
 * attempt to write there reports why. */
static bool allow(const struct rules *r, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return true;
    /* Landlock does not govern pipes and sockets, which /dev/stderr may be. */
    bool ok =
        syscall(SYS_landlock_add_rule, r->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ||
        errno == EBADFD || fail(r, path);
    close(rule.parent_fd);
    return ok;
}

/* Allows to make and rename files in the directory of `file`, because a new file is made next to
 * its final name. */
static bool allow_directory(const struct rules *r, const char *file, size_t n, uint64_t more)
{
    char *path = n > 0 ? strndup(file, n) : strdup(".");
    if (path == NULL) {
        r->error->status = SX_MEMORY;
        snprintf(r->error->message, sizeof r->error->message, "out of memory");
        return false;
    }
    bool ok = (more == 0 || n == 0 || cli_make_folders(path, r->error)) &&
              allow(r, path,
                    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                        LANDLOCK_ACCESS_FS_REMOVE_FILE | r->truncate | more);
    free(path);
    return ok;
}

/* Allows an existing FILE, following links. */
static bool allow_file(const struct rules *r, const char *file)
{
    struct stat st;
    bool exists = stat(file, &st) == 0;
    if (exists && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return allow(r, file, LANDLOCK_ACCESS_FS_WRITE_FILE | r->truncate);
    char *real = exists ? realpath(file, NULL) : NULL;
    const char *path = real != NULL ? real : file, *slash = strrchr(path, '/');
    bool ok = allow_directory(r, path, slash != NULL ? (size_t)(slash - path) + 1 : 0, 0);
    free(real);
    return ok;
}

static bool allow_outputs(const struct rules *r, const struct cli *cli)
{
    bool ok = true;
    for (size_t i = 0; i < cli->n_uses && ok; i++) {
        const struct cli_use *use = &cli->use[i];
        if (!cli_writes_name(use))
            continue;
        ok = use->path == cli->output && cli_is_pattern(use->path)
                 ? allow_directory(r, use->path, cli_fixed_part(use->path),
                                   LANDLOCK_ACCESS_FS_MAKE_DIR)
                 : allow_file(r, use->path);
    }
    return ok;
}

bool cli_landlock(const struct cli *cli, struct sx_error *error)
{
    const int version = cli_landlock_version();
    struct governed governed = {.files = WRITES | LANDLOCK_ACCESS_FS_EXECUTE};
    governed.files |= (version >= 2 ? REFER : 0) | (version >= 5 ? IOCTL : 0) |
                      (version >= CLI_LANDLOCK_TRUNCATES ? TRUNCATE : 0);
    governed.network = version >= 4 ? NETWORK : 0;
    governed.scopes = version >= 6 ? SCOPES : 0;
    struct rules r = {.truncate = governed.files & TRUNCATE, .error = error};
    r.fd = (int)syscall(SYS_landlock_create_ruleset, &governed, sizeof governed, 0);
    if (r.fd < 0)
        return fail(&r, "Landlock");
    bool ok = allow_outputs(&r, cli) && ((prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                                          syscall(SYS_landlock_restrict_self, r.fd, 0) == 0) ||
                                         fail(&r, "Landlock"));
    close(r.fd);
    return ok;
}
