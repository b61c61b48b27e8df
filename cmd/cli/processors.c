/* processors.c - how many processors the process may use: the least of its affinity mask and the
 * quotas of its control group and of the groups that contain it. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

/* The most threads, whatever OMP_NUM_THREADS says. */
#define MOST_THREADS 1024

/* The quotient of two numbers in files of `folder`; "max 100000" means no quota. */
static double read_quota(const char *folder, const char *quota_file, const char *period_file)
{
    char path[4300];
    double quota = -1, period = 100000;
    snprintf(path, sizeof path, "%s/%s", folder, quota_file);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return HUGE_VAL;
    int n = fscanf(f, "%lf %lf", &quota, &period);
    fclose(f);
    if (n == 1 && period_file != NULL) {
        snprintf(path, sizeof path, "%s/%s", folder, period_file);
        f = fopen(path, "r");
        n += f != NULL ? fscanf(f, "%lf", &period) : 0;
        if (f != NULL)
            fclose(f);
    }
    return n == 2 && quota > 0 && period > 0 ? quota / period : HUGE_VAL;
}

/* The least quota of a group, given by its path beneath `mount`, and of the groups that contain it. */
static double quota_of(const char *mount, const char *group, const char *quota_file,
                       const char *period_file)
{
    char folder[4200];
    double least = HUGE_VAL;
    snprintf(folder, sizeof folder, "%s%s", mount, group);
    for (size_t root = strlen(mount);;) {
        double quota = read_quota(folder, quota_file, period_file);
        least = quota < least ? quota : least;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < root)
            return least;
        *slash = '\0';
    }
}

/* Finds the quota of the process. A line of /proc/self/cgroup is "0::/group" in version 2,
 * "3:cpu,cpuacct:/group" in version 1. */
static double quota(void)
{
    char line[4096];
    double least = HUGE_VAL;
    FILE *f = fopen("/proc/self/cgroup", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *controllers = strchr(line, ':'),
             *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        double found = HUGE_VAL;
        if (group == NULL)
            continue;
        *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        if (controllers[1] == '\0')
            found = quota_of("/sys/fs/cgroup", group, "cpu.max", NULL);
        else if (strcmp(controllers + 1, "cpu") == 0 ||
                 strcmp(controllers + 1, "cpu,cpuacct") == 0)
            found =
                quota_of("/sys/fs/cgroup/cpu", group, "cpu.cfs_quota_us", "cpu.cfs_period_us");
        least = found < least ? found : least;
    }
    if (f != NULL)
        fclose(f);
    return least;
}

int cli_processors(void)
{
    int n = omp_get_num_procs();
    const char *wanted = getenv("OMP_NUM_THREADS");
    if (wanted != NULL && *wanted != '\0') {
        int most = omp_get_max_threads();
        return most < MOST_THREADS ? most : MOST_THREADS;
    }
    double share = quota();
    if (share < n)
        n = share > 1 ? (int)(share + 0.5) : 1;
    return n;
}
