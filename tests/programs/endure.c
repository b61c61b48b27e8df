/* endure.c - runs hostile commands one by one, and reports those that did not end as required.
 *
 *     endure SECONDS MEMORY <LIST
 *
 * A line of LIST has STATUSES, the size of the input in bytes, and the words of the command,
 * all separated by tabs. The word "@" stands for --max-mem with 64 MiB and twice the input.
 * After the word "<" comes the file for standard input. A command must end with one of the
 * statuses, within SECONDS of processor time and, unless MEMORY is 0, within the memory that
 * the limit leaves. A failure must be reported on stderr in one line, and must leave nothing in
 * the directory "out". */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_WORDS = 64, MOST_LINES = 11, WAITING = 60 /* times the processor seconds */ };
/* kilobytes that programs, libraries and threads need themselves */
enum { OWN_MEMORY = 96 << 10 };

struct limits {
    rlim_t seconds;
    bool memory;
};

struct command {
    const char *statuses;
    long long size;
    const char *input;
    char *word[MOST_WORDS + 1];
    char limit[64];
};

/* The result of a command. */
struct ending {
    int status, signal, lines, left;
    long memory; /* the largest memory in kilobytes */
    off_t written;
    char line[200]; /* the first line of stderr */
};

static bool parse(char *line, struct command *c)
{
    int n = 0;
    char *rest = line;
    line[strcspn(line, "\n")] = '\0';
    c->statuses = strsep(&rest, "\t");
    const char *size = strsep(&rest, "\t");
    c->size = size != NULL ? strtoll(size, NULL, 10) : 0;
    snprintf(c->limit, sizeof c->limit, "--max-mem=%lld", (64LL << 20) + 2 * c->size);
    c->input = "/dev/null";
    for (char *word; (word = strsep(&rest, "\t")) != NULL && n < MOST_WORDS;)
        if (strcmp(word, "<") == 0)
            c->input = strsep(&rest, "\t");
        else
            c->word[n++] = strcmp(word, "@") == 0 ? c->limit : word;
    c->word[n] = NULL;
    return n > 0 && c->input != NULL;
}

static void redirect(const char *path, int flags, int to)
{
    int fd = open(path, flags, 0600);
    if (fd < 0 || dup2(fd, to) < 0)
        _exit(127);
    close(fd);
}

static void execute(const struct command *c, const struct limits *l)
{
    struct rlimit most = {l->seconds, l->seconds + 1};
    redirect(c->input, O_RDONLY, 0);
    redirect("stdout", O_WRONLY | O_CREAT | O_TRUNC, 1);
    redirect("stderr", O_WRONLY | O_CREAT | O_TRUNC, 2);
    setrlimit(RLIMIT_CPU, &most);
    alarm((unsigned)l->seconds * WAITING);
    execvp(c->word[0], c->word);
    _exit(127);
}

/* Counts the lines of stderr that are not warnings. */
static void read_lines(struct ending *e)
{
    char line[4096];
    FILE *f = fopen("stderr", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strstr(line, ": warning: ") != NULL || strstr(line, ": only the first ") != NULL ||
            strncmp(line, "Try '", 5) == 0)
            continue;
        if (e->lines++ == 0)
            snprintf(e->line, sizeof e->line, "%.*s", (int)strcspn(line, "\n"), line);
    }
    if (f != NULL)
        fclose(f);
}

/* Empties "out". Counts files that must not be there: any after a failure, unfinished ones
 * always. */
static void sweep(struct ending *e)
{
    char path[300];
    DIR *d = opendir("out");
    for (const struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        e->left += e->status > 1 || entry->d_name[0] == '.';
        snprintf(path, sizeof path, "out/%s", entry->d_name);
        unlink(path);
    }
    if (d != NULL)
        closedir(d);
}

static struct ending run(const struct command *c, const struct limits *l)
{
    struct ending e = {0};
    struct stat written = {0};
    struct rusage used = {0};
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        execute(c, l);
    while (wait4(child, &status, 0, &used) < 0 && errno == EINTR)
        ;
    e.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    e.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    e.memory = l->memory ? used.ru_maxrss : 0;
    e.written = stat("stdout", &written) == 0 ? written.st_size : 0;
    read_lines(&e);
    sweep(&e);
    return e;
}

/* A message if a command did not end as required, else NULL. */
static const char *fault(const struct command *c, const struct ending *e)
{
    if (e->signal == SIGXCPU || e->signal == SIGKILL || e->signal == SIGALRM)
        return "takes too long";
    if (e->signal != 0)
        return strsignal(e->signal);
    if (e->status > 9 || strchr(c->statuses, '0' + e->status) == NULL)
        return "a wrong status";
    if (e->status == 0 ? e->lines > 0
                       : e->lines < 1 || e->lines > (e->status == 1 ? MOST_LINES : 1))
        return "a wrong number of lines";
    if (e->status > 1 && e->written > 0)
        return "output in spite of its status";
    if (e->memory > OWN_MEMORY + (64 << 10) + c->size / 512)
        return "too much memory";
    return e->left > 0 ? "a file left behind" : NULL;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const struct limits l = {strtoul(argv[1], NULL, 10), atoi(argv[2]) != 0};
    struct command c;
    char *line = NULL;
    size_t room = 0;
    int n = 0, bad = 0;
    while (getline(&line, &room, stdin) > 0) {
        if (!parse(line, &c))
            continue;
        const struct ending e = run(&c, &l);
        const char *why = fault(&c, &e);
        n++;
        if (why == NULL)
            continue;
        bad++;
        printf("%s: status %d, %d lines:", why, e.status, e.lines);
        for (int i = 0; c.word[i] != NULL; i++)
            printf(" '%s'", c.word[i]);
        if (strcmp(c.input, "/dev/null") != 0)
            printf(" <'%s'", c.input);
        printf("\n    %s\n", e.line);
        fflush(stdout);
    }
    free(line);
    printf("%d hostile inputs, %d failed\n", n, bad);
    return bad > 0 || n == 0;
}
