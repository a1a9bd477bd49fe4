/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PV guest that does nothing: the smallest that xl can start, for tests of what a
 * start and an end do to dom0.
 */
#define NOTE(type, value)		\
	.pushsection .note.Xen, "a", @note; \
	.balign 4;			\
	.long 2f - 1f, 4f - 3f, type;	\
1:	.asciz "Xen";			\
2:	.balign 4;			\
3:	value;				\
4:	.balign 4;			\
	.popsection

/* xen/interface/elfnote.h */
	NOTE(1, .quad _start)			/* entry */
	NOTE(3, .quad 0)			/* virtual base */
	NOTE(5, .asciz "xen-3.0")
	NOTE(6, .asciz "idle")
	NOTE(8, .asciz "generic")		/* loader */

	.text
	.globl _start
_start:
	mov	$29, %eax			/* sched_op */
	mov	$1, %edi			/* block */
	xor	%esi, %esi
	syscall
	jmp	_start
	.section .note.GNU-stack, "", @progbits
