// measure NOTE PROGRAM [ARGUMENT...]
//
// Runs PROGRAM on one processor, and writes to the file NOTE: microseconds of processor time in user and
// in system mode, and the peak of resident memory in KiB. Ends with PROGRAM's exit code.
//
// A program of its own, because the kernel counts what a process held between fork and exec as that
// process's peak: a child of the large benchmark would seem as large as the benchmark.

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what) {
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    return 126;
}

// The first processor that this process may use, and no other.
static int stay_on_one_processor(void) {
    cpu_set_t may, one;
    if (sched_getaffinity(0, sizeof may, &may) != 0) {
        return -1;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &may)) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            return sched_setaffinity(0, sizeof one, &one);
        }
    }
    errno = ENODEV;
    return -1;
}

static long long microseconds(struct timeval time) {
    return (long long)time.tv_sec * 1000000 + time.tv_usec;
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "measure NOTE PROGRAM [ARGUMENT...]\n");
        return 126;
    }
    if (stay_on_one_processor() != 0) {
        return fail("one processor");
    }
    pid_t child = fork();
    if (child < 0) {
        return fail("fork");
    }
    if (child == 0) {
        execvp(arguments[2], arguments + 2);
        _exit(fail(arguments[2]));
    }
    int status;
    struct rusage spent;
    while (wait4(child, &status, 0, &spent) < 0) {
        if (errno != EINTR) {
            return fail("wait4");
        }
    }
    FILE *note = fopen(arguments[1], "w");
    if (!note) {
        return fail(arguments[1]);
    }
    fprintf(note, "%lld %lld %ld\n", microseconds(spent.ru_utime), microseconds(spent.ru_stime), spent.ru_maxrss);
    if (fclose(note) != 0) {
        return fail(arguments[1]);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
