// SPDX-License-Identifier: GPL-2.0
/*
 * The driver that takes the vifs, and the device that takes the commands.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "front.h"

#define FRONT_LINE	8192
#define FRONT_ANSWER	(256 * 1024)

struct front_vif front_vif[FRONT_VIFS];

/* One at a time; under it the line that is being written and the answers */
static DEFINE_MUTEX(front_lock);
static char front_line[FRONT_LINE];
static size_t front_line_len;
static char front_answer[FRONT_ANSWER];
static size_t front_answer_len;

/**
 * front_say() - add to the answer
 * @format: as of printk()
 */
void front_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	front_answer_len += vscnprintf(front_answer + front_answer_len,
				       FRONT_ANSWER - front_answer_len, format, args);
	va_end(args);
}

static ssize_t front_write(struct file *file, const char __user *user, size_t count, loff_t *pos)
{
	size_t i;
	char c;

	if (mutex_lock_interruptible(&front_lock))
		return -EINTR;
	for (i = 0; i < count; i++) {
		if (get_user(c, user + i))
			break;
		if (c != '\n') {
			if (front_line_len < FRONT_LINE - 1)
				front_line[front_line_len++] = c;
			continue;
		}
		front_line[front_line_len] = 0;
		front_line_len = 0;
		front_command(front_line);
	}
	mutex_unlock(&front_lock);
	return i ?: -EFAULT;
}

static ssize_t front_read(struct file *file, char __user *user, size_t count, loff_t *pos)
{
	if (mutex_lock_interruptible(&front_lock))
		return -EINTR;
	count = min(count, front_answer_len);
	if (copy_to_user(user, front_answer, count))
		count = 0;
	front_answer_len -= count;
	memmove(front_answer, front_answer + count, front_answer_len);
	mutex_unlock(&front_lock);
	return count;
}

static const struct file_operations front_fops = {
	.owner = THIS_MODULE,
	.write = front_write,
	.read = front_read,
	.llseek = noop_llseek,
};

static struct miscdevice front_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "testfront",
	.fops = &front_fops,
};

static int front_probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	unsigned int number;
	const char *slash = strrchr(xdev->nodename, '/');

	if (!slash || kstrtouint(slash + 1, 10, &number) || number >= FRONT_VIFS)
		return -EINVAL;
	/* Or registering the driver would wait half a minute for Connected. */
	xdev->state = XenbusStateClosed;
	front_vif[number].xdev = xdev;
	dev_set_drvdata(&xdev->dev, &front_vif[number]);
	return 0;
}

static void front_remove(struct xenbus_device *xdev)
{
	struct front_vif *vif = dev_get_drvdata(&xdev->dev);

	mutex_lock(&front_lock);
	front_free(vif);
	vif->xdev = NULL;
	mutex_unlock(&front_lock);
}

/* What to do about it is for the script to say. */
static void front_backend_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct front_vif *vif = dev_get_drvdata(&xdev->dev);

	WRITE_ONCE(vif->backend, state);
	wake_up(&vif->changed);
}

static const struct xenbus_device_id front_ids[] = {
	{ "vif" },
	{ "" }
};

static struct xenbus_driver front_driver = {
	.name = "testfront",
	.ids = front_ids,
	.probe = front_probe,
	.remove = front_remove,
	.otherend_changed = front_backend_changed,
};

static int __init front_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < FRONT_VIFS; i++)
		init_waitqueue_head(&front_vif[i].changed);
	err = misc_register(&front_device);
	if (err)
		return err;
	err = xenbus_register_frontend(&front_driver);
	if (err)
		misc_deregister(&front_device);
	return err;
}
module_init(front_init);

static void __exit front_exit(void)
{
	xenbus_unregister_driver(&front_driver);
	misc_deregister(&front_device);
}
module_exit(front_exit);

MODULE_DESCRIPTION("network frontend that does what a script says");
MODULE_LICENSE("GPL");
