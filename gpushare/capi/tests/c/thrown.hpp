#ifndef THROWN_HPP
#define THROWN_HPP

#include <cstdio>
#include <cstdlib>

// What a call throws, which must be a certain class.
template <typename Error, typename Call>
Error thrown(Call call) {
    try {
        call();
    } catch (const Error &error) {
        return error;
    }
    std::fputs("nothing was thrown\n", stderr);
    std::exit(1);
}

#endif
