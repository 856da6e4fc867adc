/* A USB device for tests, answered at the ioctl interface of the kernel's usbfs (umockdev).
 *
 *     umockdev-wrapper device KIND SOCKET PROGRAM [ARGUMENTS]
 *
 * KIND is printer, reader-single or reader-split. PROGRAM runs with the device plugged in; every
 * request block it submits is answered here, live, as a device with packets of 64 bytes answers.
 * SOCKET takes commands, a line each, and answers "ok" or "ok NUMBER":
 *
 *     unplug, plug      pulled, and plugged in again as good as new
 *     stall             the next bulk transfer is refused, until the halt is cleared
 *     babble            the next transfer from the device is longer than it may be
 *     silent, speak     nothing comes from the device, or again what it has to say
 *     deaf, hear        the device takes nothing, or again everything
 *     record HEX        the text record of the card that lies on the reader
 *     say HEX           bytes from the device that nobody asked for (reader-split: from the second pipe)
 *     took, halts, resets    how many bytes were taken, halts cleared, ports reset
 */
#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>

#define NODE "/dev/bus/usb/001/002"
#define DEVICE "/sys/devices/usb1/1-1"
#define PACKET 64

enum kind { PRINTER, SINGLE, SPLIT };

/* What the device says in one go; a transfer ends where it does. */
struct message {
    struct message *next;
    size_t length, sent;
    unsigned char bytes[];
};

/* A request block that the program has submitted. */
struct flying {
    struct flying *next;
    UMockdevIoctlData *urb, *buffer;
    size_t filled;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static UMockdevTestbed *testbed;
static enum kind kind;
static struct flying *pending, *done;
static struct message *says[16];
static unsigned char request[64], record[256];
static size_t requested, taken, halts, resets;
static int gone, stall, halted[256], babble, silent, deaf;

static void append(struct flying **list, struct flying *flying) {
    flying->next = NULL;
    while (*list) list = &(*list)->next;
    *list = flying;
}

static void say(unsigned char endpoint, const unsigned char *bytes, size_t length) {
    struct message *message = malloc(sizeof *message + length), **last = &says[endpoint & 15];
    message->next = NULL;
    message->length = length;
    message->sent = 0;
    memcpy(message->bytes, bytes, length);
    while (*last) last = &(*last)->next;
    *last = message;
}

/* A reply of the security module: status words, then data. */
static void reply(unsigned char sw3, const unsigned char *data, size_t length) {
    unsigned char frame[4096] = {0xAA, 0xAA, 0xAA, 0x96, 0x69}, check = 0;
    size_t field = 3 + length + 1, end = 7 + field - 1;
    frame[5] = field >> 8;
    frame[6] = field & 0xFF;
    frame[9] = sw3;
    if (length) memcpy(frame + 10, data, length);
    for (size_t i = 5; i < end; i++) check ^= frame[i];
    frame[end] = check;
    if (kind == SPLIT) {
        say(0x81, frame, 7);
        say(0x85, frame + 7, end + 1 - 7);
    } else {
        say(0x81, frame, end + 1);
    }
}

static void ask(const unsigned char *bytes, size_t length) {
    unsigned char data[1284] = {1, 0, 4, 0}, check = 0;
    for (size_t i = 0; i < length && requested < sizeof request; i++) request[requested++] = bytes[i];
    if (requested < 7 || requested < 7u + request[6]) return;
    for (size_t i = 5; i < requested; i++) check ^= request[i];
    unsigned command = request[7] << 8 | request[8];
    requested = 0;
    if (check || memcmp(request, "\xAA\xAA\xAA\x96\x69\x00", 6)) return reply(0x10, NULL, 0);
    switch (command) {
    case 0x10FF: case 0x11FF: return reply(0x90, NULL, 0);
    case 0x2001: return reply(0x9F, data + 4, 4);
    case 0x2002: return reply(0x90, data + 4, 8);
    case 0x3001:
        memcpy(data + 4, record, sizeof record);
        memset(data + 260, 0x57, 1024);
        return reply(0x90, data, sizeof data);
    case 0x3003: return reply(0x91, NULL, 0);
    default: return reply(0x21, NULL, 0);
    }
}

static void hear(unsigned char endpoint, const unsigned char *bytes, size_t length) {
    taken += length;
    if (kind == SPLIT) {
        /* Heads of 7 bytes through one pipe and bodies through the other; anything else is lost. */
        size_t due = requested < 7 ? 7 : request[6];
        if (endpoint != (requested < 7 ? 0x02 : 0x06) || length != due) requested = 0;
        else ask(bytes, length);
        return;
    }
    if (kind == SINGLE) return ask(bytes, length);
    for (size_t i = 0; i + 2 < length; i++) {
        if (bytes[i] == 0x10 && bytes[i + 1] == 0x04) say(0x82, (const unsigned char[]){0x12}, 1);
        /* GS I 1: here an answer that fills a packet exactly */
        if (bytes[i] == 0x1D && bytes[i + 1] == 0x49) {
            unsigned char full[PACKET];
            memset(full, 'P', sizeof full);
            say(0x82, full, sizeof full);
        }
    }
}

static size_t string(unsigned char index, unsigned char *to) {
    static const char *const strings[] = {"", "KIOSK", "Thing", "S-0001"};
    const char *text = strings[index & 3];
    if (!index) return memcpy(to, "\x04\x03\x09\x04", 4), 4;
    to[0] = 2 + 2 * strlen(text);
    to[1] = 3;
    for (size_t i = 0; text[i]; i++) to[2 + 2 * i] = text[i], to[3 + 2 * i] = 0;
    return to[0];
}

static int control(unsigned char *buffer) {
    unsigned char answer[128];
    size_t length, room = buffer[6] | buffer[7] << 8;
    switch (buffer[0] << 8 | buffer[1]) {
    case 0x8006:
        if (buffer[3] != 3) return -EPIPE;
        length = string(buffer[2], answer);
        break;
    case 0xA100:
        if (kind != PRINTER) return -EPIPE;
        length = 2 + sprintf((char *)answer + 2, "MFG:KIOSK;MDL:TP80;CMD:ESC/POS;");
        answer[0] = 0;
        answer[1] = length;
        break;
    case 0xA101:
        if (kind != PRINTER) return -EPIPE;
        answer[0] = 0x18;
        length = 1;
        break;
    case 0x2102:
        if (kind != PRINTER) return -EPIPE;
        says[2] = NULL;
        length = 0;
        break;
    default: return -EPIPE;
    }
    if (length > room) length = room;
    memcpy(buffer + 8, answer, length);
    return length;
}

/* Carries a request block as far as it goes; 1 when it is done. */
static int carry(struct flying *flying) {
    struct usbdevfs_urb *urb = (void *)flying->urb->data;
    unsigned char *buffer = flying->buffer->data;
    size_t room = urb->buffer_length;
    urb->status = 0;
    if (gone) return urb->status = -ENODEV, 1;
    if (urb->type == USBDEVFS_URB_TYPE_CONTROL) {
        int length = control(buffer);
        if (length < 0) urb->status = length;
        else urb->actual_length = length;
        return 1;
    }
    if (stall) stall = 0, halted[urb->endpoint] = 1;
    if (halted[urb->endpoint]) return urb->status = -EPIPE, 1;
    if (!(urb->endpoint & 0x80)) {
        if (deaf) return 0;
        hear(urb->endpoint, buffer, room);
        urb->actual_length = room;
        return 1;
    }
    struct message **says_here = &says[urb->endpoint & 15];
    while (!silent && *says_here) {
        struct message *message = *says_here;
        size_t left = message->length - message->sent, fits = room - flying->filled;
        size_t packet = left < PACKET ? left : PACKET;
        if (babble || packet > fits) return babble = 0, urb->status = -EOVERFLOW, 1;
        memcpy(buffer + flying->filled, message->bytes + message->sent, packet);
        message->sent += packet;
        flying->filled += packet;
        urb->actual_length = flying->filled;
        if (message->sent == message->length) {
            *says_here = message->next;
            free(message);
        }
        /* A packet that is not full ends the transfer, and so does a buffer that is. */
        if (packet < PACKET || flying->filled == room) return 1;
    }
    return 0;
}

static void carry_all(void) {
    for (struct flying **at = &pending; *at;) {
        struct flying *flying = *at;
        if (carry(flying)) {
            *at = flying->next;
            append(&done, flying);
        } else {
            at = &flying->next;
        }
    }
}

static void submit(UMockdevIoctlData *argument) {
    struct flying *flying = calloc(1, sizeof *flying);
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_urb), NULL);
    struct usbdevfs_urb *urb = (void *)data->data;
    flying->urb = umockdev_ioctl_data_ref(data);
    flying->buffer =
        umockdev_ioctl_data_resolve(data, offsetof(struct usbdevfs_urb, buffer), urb->buffer_length, NULL);
    urb->actual_length = 0;
    umockdev_ioctl_data_unref(data);
    append(&pending, flying);
    carry_all();
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer unused) {
    (void)base;
    (void)unused;
    unsigned int number = (unsigned int)umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client);
    long result = 0;
    int error = 0;
    pthread_mutex_lock(&lock);
    if (gone && number != (unsigned)USBDEVFS_DISCARDURB && number != (unsigned)USBDEVFS_REAPURBNDELAY) {
        result = -1, error = ENODEV;
    } else switch (number) {
    case (unsigned)USBDEVFS_GET_CAPABILITIES: {
        UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, 4, NULL);
        *(guint32 *)data->data = USBDEVFS_CAP_BULK_CONTINUATION | USBDEVFS_CAP_NO_PACKET_SIZE_LIM;
        umockdev_ioctl_data_unref(data);
        break;
    }
    case (unsigned)USBDEVFS_RESET: resets++; break;
    case (unsigned)USBDEVFS_CLEAR_HALT: {
        UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, 4, NULL);
        halted[*(unsigned *)data->data & 255] = 0;
        umockdev_ioctl_data_unref(data);
        halts++;
        break;
    }
    case (unsigned)USBDEVFS_CLAIMINTERFACE:
    case (unsigned)USBDEVFS_RELEASEINTERFACE:
    case (unsigned)USBDEVFS_SETINTERFACE:
    case (unsigned)USBDEVFS_SETCONFIGURATION:
    case (unsigned)USBDEVFS_DISCONNECT_CLAIM: break;
    case (unsigned)USBDEVFS_GETDRIVER:
    case (unsigned)USBDEVFS_IOCTL: result = -1, error = ENODATA; break;
    case (unsigned)USBDEVFS_SUBMITURB: submit(argument); break;
    case (unsigned)USBDEVFS_REAPURB:
    case (unsigned)USBDEVFS_REAPURBNDELAY:
        if (done) {
            struct flying *flying = done;
            UMockdevIoctlData *pointer = umockdev_ioctl_data_resolve(argument, 0, sizeof(void *), NULL);
            done = flying->next;
            umockdev_ioctl_data_set_ptr(pointer, 0, flying->urb);
            umockdev_ioctl_data_unref(pointer);
            umockdev_ioctl_client_complete(client, 0, 0);
            umockdev_ioctl_data_unref(flying->buffer);
            umockdev_ioctl_data_unref(flying->urb);
            free(flying);
            pthread_mutex_unlock(&lock);
            return TRUE;
        }
        result = -1, error = gone ? ENODEV : EAGAIN;
        break;
    case (unsigned)USBDEVFS_DISCARDURB: {
        gulong address = *(gulong *)argument->data;
        struct flying **at = &pending;
        while (*at && (*at)->urb->client_addr != address) at = &(*at)->next;
        if (*at) {
            struct flying *flying = *at;
            *at = flying->next;
            ((struct usbdevfs_urb *)flying->urb->data)->status = -ENOENT;
            append(&done, flying);
        } else {
            result = -1, error = EINVAL;
        }
        break;
    }
    default: result = -1, error = ENOTTY;
    }
    umockdev_ioctl_client_complete(client, result, error);
    pthread_mutex_unlock(&lock);
    return TRUE;
}

static void plug(void) {
    static const char *const descriptors[] = {
        /* class 7/1/2, bulk 01 and 82 */
        [PRINTER] = "12010002000000401604115000010102030109022000010100c0320904000002070102000705010240000007058202400000",
        /* vendor's class, bulk 81 first and 02 second */
        [SINGLE] = "12010002000000400004" "5ac3" "00010102030109022000010100c0320904000002ff0000000705810240000007050202400000",
        /* vendor's class, bulk 02, 06, 81, 85 */
        [SPLIT] = "12010002000000400004" "5ac3" "00010102030109022e00010100c0320904000004ff000000"
                  "0705020240000007050602400000" "07058102400000" "07058502400000",
    };
    const char *ids = kind == PRINTER ? "A: idVendor=0416\\n\nA: idProduct=5011\\n\nE: PRODUCT=416/5011/100\n"
                                      : "A: idVendor=0400\\n\nA: idProduct=c35a\\n\nE: PRODUCT=400/c35a/100\n";
    char text[4096];
    GError *error = NULL;
    snprintf(text, sizeof text,
             "P: /devices/usb1/1-1\nN: bus/usb/001/002\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: BUSNUM=001\n"
             "E: DEVNUM=002\nE: DEVNAME=" NODE "\nE: DEVTYPE=usb_device\nE: TYPE=0/0/0\n"
             "A: bConfigurationValue=1\\n\nA: bDeviceClass=00\\n\nA: busnum=1\\n\nA: devnum=2\\n\nA: speed=12\\n\n"
             "A: serial=S-0001\\n\nA: manufacturer=KIOSK\\n\nA: product=Thing\\n\n%sH: descriptors=%s\n",
             ids, descriptors[kind]);
    if (!umockdev_testbed_add_from_string(testbed, text, &error)) {
        fprintf(stderr, "device: %s\n", error->message);
        exit(70);
    }
    snprintf(text, sizeof text,
             "P: /devices/usb1/1-1/1-1:1.0\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\nA: bInterfaceClass=%s\\n\n",
             kind == PRINTER ? "07" : "ff");
    if (!umockdev_testbed_add_from_string(testbed, text, &error)) {
        fprintf(stderr, "device: %s\n", error->message);
        exit(70);
    }
}

static size_t bytes_of(const char *hex, unsigned char *to, size_t room) {
    size_t length = 0;
    unsigned byte;
    for (; length < room && sscanf(hex + 2 * length, "%2x", &byte) == 1; length++) to[length] = byte;
    return length;
}

static size_t command(char *line) {
    unsigned char bytes[1024];
    size_t length;
    if (!strcmp(line, "unplug")) {
        gone = 1;
        umockdev_testbed_uevent(testbed, DEVICE, "remove");
        umockdev_testbed_remove_device(testbed, DEVICE "/1-1:1.0");
        umockdev_testbed_remove_device(testbed, DEVICE);
    } else if (!strcmp(line, "plug")) {
        gone = stall = babble = silent = deaf = 0;
        requested = 0;
        memset(says, 0, sizeof says);
        memset(halted, 0, sizeof halted);
        plug();
        umockdev_testbed_uevent(testbed, DEVICE, "add");
    } else if (!strcmp(line, "stall")) stall = 1;
    else if (!strcmp(line, "babble")) babble = 1;
    else if (!strcmp(line, "silent")) silent = 1;
    else if (!strcmp(line, "speak")) silent = 0;
    else if (!strcmp(line, "deaf")) deaf = 1;
    else if (!strcmp(line, "hear")) deaf = 0;
    else if (!strncmp(line, "record ", 7)) bytes_of(line + 7, record, sizeof record);
    else if (!strncmp(line, "say ", 4)) {
        length = bytes_of(line + 4, bytes, sizeof bytes);
        say(kind == PRINTER ? 0x82 : kind == SPLIT ? 0x85 : 0x81, bytes, length);
    } else if (!strcmp(line, "took")) return taken;
    else if (!strcmp(line, "halts")) return halts;
    else if (!strcmp(line, "resets")) return resets;
    else fprintf(stderr, "device: what is %s?\n", line), exit(64);
    carry_all();
    return 0;
}

static void *serve(void *listening) {
    for (;;) {
        int connection = accept(*(int *)listening, NULL, NULL);
        FILE *in = fdopen(connection, "r"), *out = fdopen(dup(connection), "w");
        char line[2048];
        while (fgets(line, sizeof line, in)) {
            line[strcspn(line, "\n")] = 0;
            /* The testbed calls back into its own thread, which may wait for the lock. */
            pthread_mutex_lock(&lock);
            size_t number = command(line);
            pthread_mutex_unlock(&lock);
            fprintf(out, "ok %zu\n", number);
            fflush(out);
        }
        fclose(in);
        fclose(out);
    }
    return NULL;
}

int main(int count, char **arguments) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
    pthread_t server;
    GError *error = NULL;
    if (count < 4) return 64;
    kind = !strcmp(arguments[1], "printer") ? PRINTER : !strcmp(arguments[1], "reader-split") ? SPLIT : SINGLE;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", arguments[2]);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) || listen(listening, 4)) return 71;

    testbed = umockdev_testbed_new();
    UMockdevIoctlBase *handler = umockdev_ioctl_base_new();
    g_signal_connect(handler, "handle-ioctl", G_CALLBACK(on_ioctl), NULL);
    if (!umockdev_testbed_attach_ioctl(testbed, NODE, handler, &error)) return 71;
    plug();
    if (pthread_create(&server, NULL, serve, &listening)) return 71;

    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[3], arguments + 3);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return 71;
    g_object_unref(testbed);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
