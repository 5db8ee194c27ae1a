/* SPDX-License-Identifier: Apache-2.0 */
/* GS1 Digital Links: elements lie in the message's own memory and hold only what they may. */
#include "agent/codes/digital_link.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gs1_message message;
    const char *why = NULL;
    bool good = digital_link_parse((const char *)data, size, &message, &why);

    assert(good || why);
    assert(message.decoded_len <= sizeof message.decoded && message.count <= GS1_ELEMENTS_MAX);
    for (size_t i = 0; i < message.count; i++) {
        const struct gs1_element *element = &message.elements[i];

        assert(element->value >= message.decoded &&
               element->value + element->len <= message.decoded + message.decoded_len);
        assert(strlen(element->ai) >= 2 && element->len > 0);
    }
    return 0;
}
