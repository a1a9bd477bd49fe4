# SPDX-License-Identifier: GPL-2.0
"""Images of the lab: dom0's and the guests' initramfs, from unpacked packages.

dom0's initramfs is two concatenated archives. The base holds what comes from
Debian and is built once; the overlay holds the project's own modules and tools
and is built for each boot, which takes about a second.
"""

import fcntl
import glob
import gzip
import hashlib
import lzma
import os
import re
import shutil
import stat
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build")
LAB = os.path.join(BUILD, "lab")
ROOT = os.path.join(LAB, "root")
IMAGES = os.path.join(LAB, "images")
FRONTENDS = os.path.join(LAB, "frontends")      # other kernels for guests, by name
GUESTS = os.path.join(TOP, "tests", "guests")
TESTFRONT = os.path.join(BUILD, "modules", "testfront.ko")
XEN_BIN = "usr/lib/xen-4.17/bin"
LIBRARY_DIRS = ["usr/lib/x86_64-linux-gnu", "usr/lib/xen-4.17/lib/x86_64-linux-gnu",
                "usr/lib", "usr/lib64"]

# Real programs; busybox stands in for everything else.
DOM0_PROGRAMS = """
usr/bin/bash usr/bin/grep usr/bin/sed usr/bin/stat usr/bin/timeout usr/bin/date
usr/bin/flock usr/bin/setsid usr/bin/kmod usr/bin/ip usr/sbin/bridge usr/sbin/tc
usr/bin/ss usr/sbin/ethtool usr/bin/ping usr/bin/iperf3 usr/bin/curl
usr/bin/tcpdump usr/bin/strace usr/bin/ps usr/bin/xenstore usr/sbin/start-stop-daemon
""".split()
XEN_PROGRAMS = """
xl xenstored oxenstored xenconsoled xenconsole xen-init-dom0 xentop libxl-save-helper
xen-diag xen-hptool xenperf
""".split()
DOM0_MODULES = """
virtio_pci virtio_console xenfs xen-evtchn xen-gntdev xen-gntalloc xen-privcmd
xen-netback bridge igb e1000 tun veth dummy 8021q macvlan ptp mdio
i2c-algo-bit dca sch_fq_codel af_packet_diag nfnetlink
""".split()
GUEST_PROGRAMS = "usr/bin/ip usr/sbin/ethtool usr/bin/iperf3".split()
GUEST_MODULES = "8021q bridge veth".split()       # modprobe finds them; /init loads netfront
CHECKERS = ["framecheck", "flowcheck", "skbwatch", "storenoise"]     # ours, in every image
# libxenctrl and what it needs, for static programs
XENCTRL = """
xenctrl xencall xenforeignmemory xengnttab xenevtchn xendevicemodel xentoolcore xentoollog
""".split()
KMOD_NAMES = "modprobe insmod rmmod lsmod modinfo depmod".split()
OWN_MODULES = ["vmdq.ko", "vmdq_igb.ko", "vmdq_netback.ko"]


def kernel_version():
    """The version of the kernel that dom0 and guests run."""
    with open(os.path.join(LAB, "kernel-version"), encoding="ascii") as f:
        return f.read().strip()


class Archive:
    """A cpio archive in the "newc" format that the kernel unpacks."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.inode = 1
        self.names = set()

    def _entry(self, name, mode, data=b"", rdev=(0, 0)):
        if name in self.names:
            return
        self.names.add(name)
        encoded = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % f for f in fields) + encoded
        self.file.write(header + b"\0" * (-len(header) % 4))
        self.file.write(data + b"\0" * (-len(data) % 4))
        self.inode += 1

    def parents(self, name):
        parts = name.split("/")[:-1]
        for i in range(len(parts)):
            self.directory("/".join(parts[:i + 1]))

    def directory(self, name, mode=0o755):
        if name in self.names:
            return
        self.parents(name)
        self._entry(name, stat.S_IFDIR | mode)

    def symlink(self, name, target):
        self.parents(name)
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def data(self, name, content, mode=0o644):
        self.parents(name)
        self._entry(name, stat.S_IFREG | mode, content)

    def node(self, name, mode, major, minor):
        self.parents(name)
        self._entry(name, mode, rdev=(major, minor))

    def copy(self, source, name, mode=None):
        """Copy a file, or what a symbolic link leads to."""
        if name in self.names:
            return
        with open(source, "rb") as f:
            self.data(name, f.read(), mode or stat.S_IMODE(os.stat(source).st_mode))

    def close(self):
        self._entry("TRAILER!!!", 0)
        self.file.write(b"\0" * (-self.file.tell() % 512))
        self.file.close()


def needed_libraries(programs, roots=(ROOT,)):
    """Shared libraries that programs need: {path in the image: file here}."""
    found, missing = {}, set()
    queue = list(programs)
    while queue:
        out = subprocess.run(["readelf", "-d", *queue], capture_output=True, text=True,
                             check=True).stdout
        queue = []
        for name in set(re.findall(r"\(NEEDED\).*\[(.*)\]", out)):
            for root in roots:
                for directory in LIBRARY_DIRS:
                    path = os.path.join(root, directory, name)
                    if os.path.exists(path):
                        break
                else:
                    continue
                image_path = os.path.join(directory, name)
                if image_path not in found:
                    found[image_path] = path
                    queue.append(path)
                break
            else:
                missing.add(name)
    if missing:
        raise RuntimeError("no package here has " + ", ".join(sorted(missing)))
    return found


def add_skeleton(archive):
    for d in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "dev", "proc", "sys", "run",
              "tmp", "root", "etc", "var/log", "var/lib"):
        archive.directory(d)
    for d in ("bin", "sbin", "lib", "lib64"):
        archive.symlink(d, "usr/" + d)
    archive.symlink("var/run", "../run")
    archive.symlink("var/lock", "../run/lock")
    archive.node("dev/console", stat.S_IFCHR | 0o600, 5, 1)
    archive.data("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    archive.data("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    archive.data("etc/hosts", b"127.0.0.1 localhost\n")
    archive.copy(os.path.join(LAB, "agent"), "usr/sbin/agent", 0o755)
    for program in CHECKERS:
        archive.copy(os.path.join(LAB, program), "usr/bin/" + program, 0o755)


def add_busybox(archive):
    """Busybox under every name that no real program has taken."""
    busybox = os.path.join(ROOT, "bin/busybox")
    archive.copy(busybox, "usr/bin/busybox", 0o755)
    for applet in subprocess.run([busybox, "--list"], capture_output=True, text=True,
                                 check=True).stdout.split():
        if "usr/sbin/" + applet not in archive.names:
            archive.symlink("usr/bin/" + applet, "/usr/bin/busybox")


def add_programs(archive, programs):
    paths = [os.path.join(ROOT, p) for p in programs]
    for p, path in zip(programs, paths):
        archive.copy(path, p, 0o755)
    for name, path in needed_libraries(paths).items():
        archive.copy(path, name, 0o755)
    archive.copy(os.path.join(ROOT, "lib64/ld-linux-x86-64.so.2"),
                 "usr/lib64/ld-linux-x86-64.so.2", 0o755)
    # pthread_cancel() loads it
    archive.copy(os.path.join(ROOT, "usr/lib/x86_64-linux-gnu/libgcc_s.so.1"),
                 "usr/lib/x86_64-linux-gnu/libgcc_s.so.1", 0o755)


class Kernel:
    """A kernel that a guest may have, as the packages of it were unpacked."""

    def __init__(self, name="lab"):
        self.root = ROOT
        self.version = None
        if name == "lab":
            self.version = kernel_version()
        else:
            self.version = os.readlink(os.path.join(FRONTENDS, name))
            self.root = os.path.join(FRONTENDS, self.version)
        self.modules = os.path.join(self.root, "lib/modules", self.version)

    def image(self):
        """The kernel as the ELF file inside its bzImage: xl need not unpack it each time."""
        places = [os.path.join(self.root, "boot/vmlinuz-" + self.version),
                  os.path.join(self.modules, "vmlinuz")]
        with open(next(p for p in places if os.path.exists(p)), "rb") as f:
            packed = f.read()
        if (at := packed.find(b"\xfd7zXZ\0")) >= 0:
            kernel = lzma.LZMADecompressor().decompress(packed[at:])
        else:
            # what follows the compressed kernel is not zstd's, and it says so
            at = packed.index(b"\x28\xb5\x2f\xfd")
            kernel = subprocess.run(["zstd", "-dcq"], input=packed[at:], capture_output=True,
                                    check=False).stdout
        if kernel[:4] != b"\x7fELF":
            raise RuntimeError(f"no ELF file in the image of kernel {self.version}")
        return kernel


def module_data(path):
    """A module, unpacked where it is packed: insmod does not do that."""
    with open(path, "rb") as f:
        data = f.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


def module_files(names, kernel=None):
    """Files of the named modules and of those they depend on."""
    kernel = kernel or Kernel()
    base = kernel.modules
    if not os.path.exists(os.path.join(base, "modules.dep")):
        subprocess.run(["depmod", "-b", kernel.root, kernel.version], check=True,
                       capture_output=True)     # it misses lists that nobody here reads
    depends = {}
    with open(os.path.join(base, "modules.dep"), encoding="ascii") as f:
        for line in f:
            path, _, rest = line.partition(":")
            name = os.path.basename(path).partition(".ko")[0].replace("-", "_")
            depends[name] = [path, *rest.split()]
    files = set()
    for name in names:
        files.update(depends.get(name.replace("-", "_"), []))
    return sorted(files)


def add_guest_modules(archive, kernel):
    """Modules that a test may load, and what busybox's modprobe wants to know of them."""
    base = f"usr/lib/modules/{kernel.version}"
    files = module_files(GUEST_MODULES, kernel)
    for f in files:
        archive.data(f"{base}/{f.removesuffix('.xz')}",
                     module_data(os.path.join(kernel.modules, f)))
    with open(os.path.join(kernel.modules, "modules.dep"), encoding="ascii") as f:
        lines = [line.replace(".ko.xz", ".ko") for line in f if line.partition(":")[0] in files]
    archive.data(f"{base}/modules.dep", "".join(lines).encode())


def build_guest(path, kernel=None):
    kernel = kernel or Kernel()
    archive = Archive(path)
    add_skeleton(archive)
    add_programs(archive, GUEST_PROGRAMS)
    add_busybox(archive)
    netfront = module_files(["xen-netfront"], kernel)
    own = [f for f in netfront if os.path.basename(f).startswith("xen-netfront")]
    archive.data("usr/lib/modules/xen-netfront.ko",
                 module_data(os.path.join(kernel.modules, own[0])))
    add_guest_modules(archive, kernel)
    if kernel.version == kernel_version() and os.path.exists(TESTFRONT):
        archive.copy(TESTFRONT, "usr/lib/modules/testfront.ko")
    archive.copy(os.path.join(GUESTS, "init"), "init", 0o755)
    archive.close()


def build_frontends(path):
    """What is added to dom0's archive for guests with the other kernels."""
    archive = Archive(path)
    archive.names.add("guest")
    for name in sorted(os.listdir(FRONTENDS)):
        if not os.path.islink(os.path.join(FRONTENDS, name)):
            continue
        kernel = Kernel(name)
        build_guest(path + ".guest", kernel)
        archive.data(f"guest/vmlinux-{name}", kernel.image())
        archive.copy(path + ".guest", f"guest/initrd-{name}")
        os.unlink(path + ".guest")
    archive.close()


def build_dom0(path, guest):
    archive = Archive(path)
    add_skeleton(archive)
    add_programs(archive, DOM0_PROGRAMS + [XEN_BIN + "/" + p for p in XEN_PROGRAMS])
    for p in XEN_PROGRAMS:
        archive.symlink("usr/sbin/" + p, "/" + XEN_BIN + "/" + p)
    for p in KMOD_NAMES:
        archive.symlink("usr/sbin/" + p, "/usr/bin/kmod")
    for p in ("exists", "list", "ls", "read", "rm", "watch", "write", "chmod"):
        archive.symlink("usr/bin/xenstore-" + p, "xenstore")
    archive.symlink("usr/bin/sh", "bash")
    add_busybox(archive)
    scripts = os.path.join(ROOT, "etc/xen/scripts")
    for name in os.listdir(scripts):
        archive.copy(os.path.join(scripts, name), "etc/xen/scripts/" + name, 0o755)
    for name in ("etc/xen/oxenstored.conf", "usr/lib/lsb/init-functions"):
        archive.copy(os.path.join(ROOT, name), name)
    archive.data("etc/xen/xl.conf", b'autoballoon="off"\n')
    archive.data("root/.bash_profile", b"PS1='dom0:\\w# '\ncd /root\n")
    archive.copy(os.path.join(HERE, "dom0-init"), "init", 0o755)
    archive.copy(os.path.join(LAB, "domcost"), "usr/bin/domcost", 0o755)
    archive.data("guest/vmlinux", Kernel().image())
    archive.copy(guest, "guest/initrd")
    archive.copy(os.path.join(LAB, "idle"), "guest/idle")
    modules = os.path.join(ROOT, "lib/modules", kernel_version())
    for f in module_files(DOM0_MODULES):
        archive.copy(os.path.join(modules, f), f"usr/lib/modules/{kernel_version()}/{f}")
    archive.close()


def own_modules():
    """The project's modules, wherever the build has put the newest."""
    found = {}
    for pattern in ("build/modules/*.ko", "netback/**/*.ko"):
        for path in glob.glob(os.path.join(TOP, pattern), recursive=True):
            name = os.path.basename(path)
            if name not in OWN_MODULES and not name.startswith("vmdq"):
                continue
            if name not in found or os.path.getmtime(path) > os.path.getmtime(found[name]):
                found[name] = path
    return found


def own_tools():
    """{path in the image: file here} of the project's tools."""
    found = {}
    for path in glob.glob(os.path.join(BUILD, "tools", "*")):
        if os.path.isfile(path) and os.access(path, os.X_OK) and "." not in os.path.basename(path):
            found["usr/sbin/" + os.path.basename(path)] = path
    for script in ("tools/vif-vmdq", "tools/vif-vmdq/vif-vmdq", "build/tools/vif-vmdq"):
        if os.path.isfile(os.path.join(TOP, script)):
            found["etc/xen/scripts/vif-vmdq"] = os.path.join(TOP, script)
    found.pop("usr/sbin/vif-vmdq", None)
    if "usr/sbin/vmdqd" in found:
        found["etc/init.d/vmdqd"] = os.path.join(TOP, "tools/init/vmdqd.init")
    return found


def is_elf(path):
    with open(path, "rb") as f:
        return f.read(4) == b"\x7fELF"


def build_overlay(path, work):
    """The project's modules and tools, and the module index for all."""
    version = kernel_version()
    tree = os.path.join(work, "modules")
    modules = os.path.join(tree, "lib/modules", version)
    shutil.rmtree(tree, ignore_errors=True)
    source = os.path.join(ROOT, "lib/modules", version)
    for f in module_files(DOM0_MODULES):
        os.makedirs(os.path.join(modules, os.path.dirname(f)), exist_ok=True)
        shutil.copy(os.path.join(source, f), os.path.join(modules, f))
    for f in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy(os.path.join(source, f), modules)
    archive = Archive(path)
    archive.names.update(["usr", "usr/lib", "usr/lib/modules", "usr/lib/modules/" + version])
    os.makedirs(os.path.join(modules, "extra"))
    for name, module in own_modules().items():
        shutil.copy(module, os.path.join(modules, "extra", name))
        archive.copy(module, f"usr/lib/modules/{version}/extra/{name}")
    subprocess.run(["depmod", "-b", tree, version], check=True)
    for f in glob.glob(os.path.join(modules, "modules.*")):
        archive.copy(f, f"usr/lib/modules/{version}/{os.path.basename(f)}")
    tools = own_tools()
    for name, tool in tools.items():
        archive.copy(tool, name, 0o755)
    elves = [t for t in tools.values() if is_elf(t)]
    if elves:
        for name, library in needed_libraries(elves, (ROOT, "/")).items():
            archive.copy(library, name, 0o755)
    archive.close()
    shutil.rmtree(tree)


def compile_static(source, target, *more, libraries=()):
    sources = [source, *more]
    if os.path.exists(target) and all(os.path.getmtime(target) > os.path.getmtime(s)
                                      for s in sources + glob.glob(HERE + "/*.h")):
        return
    subprocess.run(["gcc", "-static", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-I", HERE,
                    "-o", target, *sources, *("-l" + name for name in libraries)], check=True)


def compile_idle(source, target):
    """The kernel of a guest that does nothing: see there."""
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
        subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none,-N",
                        "-Wl,--no-warn-rwx-segments,-Ttext=0x100000", "-o", target, source],
                       check=True)


def fingerprint(files):
    digest = hashlib.sha256()
    for path in files:
        with open(path, "rb") as f:
            digest.update(hashlib.sha256(f.read()).digest())
    return digest.hexdigest()


def prepare():
    """Bring everything that boots need up to date; safe to call side by side."""
    os.makedirs(IMAGES, exist_ok=True)
    with open(os.path.join(LAB, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([os.path.join(HERE, "fetch")], check=True)
        compile_static(os.path.join(HERE, "agent.c"), os.path.join(LAB, "agent"))
        shared = [os.path.join(HERE, name) for name in ("frame.c", "book.c", "sender.c")]
        for program in CHECKERS:
            compile_static(os.path.join(GUESTS, program + ".c"), os.path.join(LAB, program),
                           *shared)
        compile_static(os.path.join(HERE, "wire.c"), os.path.join(LAB, "wire"), *shared)
        compile_static(os.path.join(HERE, "domcost.c"), os.path.join(LAB, "domcost"),
                       libraries=XENCTRL)
        compile_idle(os.path.join(GUESTS, "idle.S"), os.path.join(LAB, "idle"))
        inputs = [os.path.join(HERE, "image.py"), os.path.join(HERE, "dom0-init"),
                  os.path.join(GUESTS, "init"), os.path.join(LAB, "agent"),
                  *(os.path.join(LAB, program) for program in CHECKERS),
                  os.path.join(LAB, "domcost"), os.path.join(LAB, "idle"),
                  os.path.join(LAB, "packages")]
        if os.path.exists(TESTFRONT):
            inputs.append(TESTFRONT)
        stamp = os.path.join(IMAGES, "stamp")
        want = fingerprint(inputs)
        if os.path.exists(stamp):
            with open(stamp, encoding="ascii") as f:
                if f.read() == want:
                    return
        print("lab: building the images", flush=True)
        build_guest(os.path.join(IMAGES, "guest.cpio"))
        build_dom0(os.path.join(IMAGES, "dom0.cpio"), os.path.join(IMAGES, "guest.cpio"))
        with gzip.open(os.path.join(ROOT, "boot/xen-4.17-amd64.gz")) as f:
            with open(os.path.join(IMAGES, "xen"), "wb") as out:
                shutil.copyfileobj(f, out)
        with open(stamp, "w", encoding="ascii") as f:
            f.write(want)


def prepare_frontends():
    """See that the archive of the other kernels for guests is there."""
    path = os.path.join(IMAGES, "frontends.cpio")
    with open(os.path.join(LAB, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(
                os.path.join(IMAGES, "stamp")):
            print("lab: building the images of other kernels", flush=True)
            build_frontends(path + ".new")
            os.rename(path + ".new", path)


def prepare_hypervisor(name):
    """See that a hypervisor is there: Debian's is, the other one may have to be built."""
    if name != "debian":
        subprocess.run([os.path.join(HERE, "build-xen")], check=True)


def hypervisor(name):
    """The file of a hypervisor: "debian", or "shadow" for build-xen's."""
    return {"debian": os.path.join(IMAGES, "xen"),
            "shadow": os.path.join(LAB, "xen-shadow", "xen")}[name]


def dom0_initrd(work, frontends=False):
    """Write dom0's initramfs for one boot into work; returns its path.

    With frontends it has the other kernels for guests too, and takes 150 MB more.
    """
    path = os.path.join(work, "dom0.cpio")
    overlay = os.path.join(work, "overlay.cpio")
    build_overlay(overlay, work)
    with open(path, "wb") as out:
        for part in (os.path.join(IMAGES, "dom0.cpio"), overlay,
                     *([os.path.join(IMAGES, "frontends.cpio")] if frontends else [])):
            with open(part, "rb") as f:
                shutil.copyfileobj(f, out)
    os.unlink(overlay)
    return path
