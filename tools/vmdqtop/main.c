// SPDX-License-Identifier: GPL-2.0
/* vmdqtop: what passes through the pools, as xentop shows it of domains */
#include "vmdqtop.h"

int main(int argc, char **argv)
{
	return top_main(argc, argv);
}
