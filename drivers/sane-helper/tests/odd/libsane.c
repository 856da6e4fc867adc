/* A libsane that misbehaves. It stands before the real one, whose functions it hands out where it does
 * not bring its own. Built by the tests with one of CRASH, HANG, PRINT, JAM, which happen once, or OPEN,
 * and with TRIGGER, the path of a file that arms it and that it removes when it has gone off; with OPEN
 * the file stays, and says in a word what happens. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef OPEN
static char word[16];

/* Whether the file is there and says this; what it says stays in `word`. */
static int said(const char *wanted) {
    FILE *file = fopen(TRIGGER, "r");
    word[0] = 0;
    if (file == NULL) return 0;
    if (fscanf(file, "%15s", word) != 1) abort();
    fclose(file);
    return strcmp(word, wanted) == 0;
}

static void crash(void) {
    signal(SIGSEGV, SIG_DFL);
    *(volatile int *)8 = 1;
}

/* As long as the file is there: "crash", "hang", "slow" for a second, or the status of every opening as a
 * number. */
int sane_open(const char *name, void **handle) {
    int (*real)(const char *, void **) = (int (*)(const char *, void **))dlsym(RTLD_NEXT, "sane_open");
    if (said("crash")) crash();
    while (strcmp(word, "hang") == 0) pause();
    if (strcmp(word, "slow") == 0) sleep(1);
    return atoi(word) > 0 ? atoi(word) : real(name, handle);
}

/* "crash-start": every page crashes, while all is well with whoever only looks at the device. */
int sane_start(void *handle) {
    int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "sane_start");
    if (said("crash-start")) crash();
    return real(handle);
}
#else
static int goes_off(void) { return unlink(TRIGGER) == 0; }
#endif

#if defined OPEN
#elif defined PRINT
int sane_start(void *handle) {
    int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "sane_start");
    int input;
    if (goes_off()) {
        /* Taken for a length it would be gigabytes. */
        printf("zzzz: a back end that prints\n");
        fflush(stdout);
        if (write(1, "zzzz: without its library too\n", 30) < 0) abort();
        if (read(0, &input, sizeof input) != 0) abort();
    }
    return real(handle);
}
#else
static int pages, calls;

int sane_start(void *handle) {
    int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "sane_start");
    pages++;
    calls = 0;
    return real(handle);
}

/* Goes off in the middle of the third page. */
int sane_read(void *handle, unsigned char *data, int most, int *length) {
    int (*real)(void *, unsigned char *, int, int *) =
        (int (*)(void *, unsigned char *, int, int *))dlsym(RTLD_NEXT, "sane_read");
    if (pages == 3 && ++calls == 3 && goes_off()) {
#if defined CRASH
        signal(SIGSEGV, SIG_DFL);
        *(volatile int *)8 = 1;
#elif defined HANG
        FILE *mine = fopen(TRIGGER ".pids", "w");
        pid_t other = fork();
        if (other == 0) for (;;) pause();
        fprintf(mine, "%d %d\n", (int)getpid(), (int)other);
        fclose(mine);
        for (;;) pause();
#elif defined JAM
        return JAM;
#endif
    }
    return real(handle, data, most, length);
}
#endif
